// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and names in the form that the text report uses. */
import type { Place } from "./data";

function scaled(value: number, unit: string): string {
  return (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)) + unit;
}

function two(n: number): string {
  return String(Math.floor(n)).padStart(2, "0");
}

export function dur(ns: number): string {
  const s = Math.floor(ns / 1e9);
  if (ns < 1000) return `${Math.round(ns)}ns`;
  if (ns < 999500) return scaled(ns / 1e3, "µs");
  if (ns < 999500000) return scaled(ns / 1e6, "ms");
  if (s < 60) return scaled(ns / 1e9, "s");
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h${two((s / 60) % 60)}m`;
  return `${Math.floor(s / 86400)}d${two((s / 3600) % 24)}h`;
}

/* A point in time, as precise as a range of so many nanoseconds needs. */
export function at(ns: number, range = 1e9): string {
  const digits = Math.min(9, Math.max(2, Math.ceil(2 - Math.log10(Math.max(range, 1) / 1e9))));
  return `${(ns / 1e9).toFixed(digits)}s`;
}

export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function bytes(n: number): string {
  return n < 1e6 ? `${(n / 1e3).toFixed(0)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

export function percent(part: number, whole: number): string {
  const share = whole ? (100 * part) / whole : 0;
  return `${share < 9.95 ? share.toFixed(1) : share.toFixed(0)} %`;
}

/* "net/http.(*Server).Serve" without the path of its package: "http.(*Server).Serve". */
export function shortFunc(name: string): string {
  const generic = name.indexOf("[");
  const end = generic < 0 ? name.length : generic;
  return name.slice(name.lastIndexOf("/", end) + 1);
}

/* The last folder and the file. */
export function fileLine(p: Place): string {
  const file = p.file.split("/").slice(-2).join("/");
  return file ? `${file}:${p.line}` : "";
}

export function placeText(p: Place | null): string {
  if (!p) return "";
  const where = fileLine(p);
  return where ? `${shortFunc(p.function)} (${where})` : shortFunc(p.function);
}
