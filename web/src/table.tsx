// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of any number of rows: only those in sight are elements. Search, order and
 * filter are in the fragment. Keys: arrows, Page Up and Down, Home, End, Enter.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count } from "./fmt";
import { replaceQuery, type Route } from "./route";

export interface Column<T> {
  key: string;
  head: string;
  width: string; /* of CSS grid-template-columns */
  num?: boolean;
  value: (row: T) => number | string | null; /* to sort by, and to search */
  cell?: (row: T) => ComponentChildren;
  search?: (row: T) => string;
}

export interface TableProps<T> {
  rows: T[];
  columns: Column<T>[];
  route: Route;
  what: string; /* of many */
  sort: string; /* "-blocked": descending */
  open?: (row: T) => string; /* the fragment of a row's own page */
  children?: ComponentChildren;
}

const ROW = 26;
const PRINT_ROWS = 500;

let printing = false;

export function setPrinting(on: boolean): void {
  printing = on;
}

function compare(a: number | string | null, b: number | string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

function searchText<T>(columns: Column<T>[], row: T): string {
  return columns.map((c) => (c.search ?? c.value)(row) ?? "").join("\n").toLowerCase();
}

/* Words are all to be found; "-word" is not to be. */
function matcher(q: string): (text: string) => boolean {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((w) => (w.length > 1 && w[0] === "-" ? !text.includes(w.slice(1)) : text.includes(w)));
}

export function Table<T>({ rows, columns, route, what, sort, open, children }: TableProps<T>) {
  const q = route.query.q ?? "";
  const order = route.query.sort ?? sort;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [selected, setSelected] = useState(-1);
  const texts = useRef<{ rows: T[]; v: string[] }>({ rows, v: [] });

  const shown = useMemo(() => {
    let list = rows.map((_, i) => i);
    if (q.trim()) {
      if (texts.current.rows !== rows || !texts.current.v.length)
        texts.current = { rows, v: rows.map((row) => searchText(columns, row)) };
      const match = matcher(q);
      list = list.filter((i) => match(texts.current.v[i]));
    }
    const down = order.startsWith("-");
    const column = columns.find((c) => c.key === order.replace(/^-/, ""));
    if (column) {
      const values = rows.map(column.value);
      list.sort((a, b) => {
        const x = values[a], y = values[b];
        /* What is not known comes last in both directions. */
        const c = x === null || y === null ? compare(x, y) : down ? compare(y, x) : compare(x, y);
        return c || a - b;
      });
    }
    return list;
  }, [rows, q, order]);

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const measure = () => setHeight(el.clientHeight || 600);
    const watch = new ResizeObserver(measure);
    watch.observe(el);
    measure();
    return () => watch.disconnect();
  }, []);

  /* Before the page is painted: a key that comes right after it must not be undone. */
  useLayoutEffect(() => {
    setSelected(-1);
    if (box.current) box.current.scrollTop = 0;
    setTop(0);
  }, [q, order, rows]);

  const select = (i: number) => {
    const el = box.current;
    const to = Math.max(0, Math.min(shown.length - 1, i));
    setSelected(to);
    if (!el) return;
    const y = to * ROW, room = el.clientHeight - ROW;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + ROW > el.scrollTop + room) el.scrollTop = y + ROW - room;
  };

  const onKey = (e: KeyboardEvent) => {
    if (e.target !== box.current) return;
    const page = Math.max(1, Math.floor(height / ROW) - 2);
    const step: Record<string, number> = {
      ArrowDown: selected + 1, ArrowUp: selected - 1, PageDown: selected + page, PageUp: selected - page,
      Home: 0, End: shown.length - 1,
    };
    if (e.key in step && shown.length) {
      e.preventDefault();
      select(step[e.key]);
    } else if (e.key === "Enter" && selected >= 0 && open) {
      location.hash = open(rows[shown[selected]]);
    }
  };

  const first = printing ? 0 : Math.max(0, Math.floor(top / ROW) - 10);
  const last = printing ? Math.min(shown.length, PRINT_ROWS) : Math.min(shown.length, Math.ceil((top + height) / ROW) + 10);
  const grid = { gridTemplateColumns: columns.map((c) => c.width).join(" ") };

  return (
    <div class="tableview">
      <div class="bar">
        <input type="search" class="search" placeholder={`Search ${what}  ( / )`} value={q} aria-label={`Search ${what}`}
          onInput={(e) => replaceQuery({ q: e.currentTarget.value })} />
        <span class="dim">
          {shown.length === rows.length ? `${count(rows.length)} ${what}` : `${count(shown.length)} of ${count(rows.length)} ${what}`}
        </span>
        {children}
      </div>
      <div class="table" role="grid" aria-rowcount={shown.length} tabIndex={0} ref={box} onKeyDown={onKey}
        onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
        <div class="row head" role="row" style={grid}>
          {columns.map((c) => {
            const mine = order.replace(/^-/, "") === c.key;
            const down = mine ? order.startsWith("-") : !c.num;
            return (
              <button key={c.key} role="columnheader" class={c.num ? "num" : ""}
                aria-sort={mine ? (order.startsWith("-") ? "descending" : "ascending") : "none"}
                onClick={() => replaceQuery({ sort: (down ? "" : "-") + c.key })}>
                {c.head}{mine ? (order.startsWith("-") ? " ▾" : " ▴") : ""}
              </button>
            );
          })}
        </div>
        <div class="body" style={{ height: `${(printing ? last : shown.length) * ROW}px` }}>
          {shown.slice(first, last).map((index, k) => {
            const row = rows[index], i = first + k;
            return (
              <div key={index} role="row" aria-rowindex={i + 1} style={{ ...grid, top: `${i * ROW}px` }}
                class={`row${i === selected ? " selected" : ""}`}
                onClick={() => { setSelected(i); }}
                onDblClick={() => { if (open) location.hash = open(row); }}>
                {columns.map((c) => (
                  <div key={c.key} role="gridcell" class={c.num ? "num" : ""}>{c.cell ? c.cell(row) : c.value(row)}</div>
                ))}
              </div>
            );
          })}
        </div>
        {!shown.length && <p class="dim none">{rows.length ? "Nothing matches." : `No ${what}.`}</p>}
      </div>
    </div>
  );
}
