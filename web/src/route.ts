// SPDX-License-Identifier: GPL-2.0-or-later
/* Where in the report the page is: "#/goroutine/5?q=…" in the fragment, so that every view has a link. */

export interface Route {
  path: string[];
  query: Record<string, string>;
}

function decode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

/* Pictures of --format svg link to "#g12" and "#o3": groups and what they wait on. */
function old(hash: string): string | null {
  const m = /^#([go])(\d+)$/.exec(hash);
  return m ? (m[1] === "g" ? `#/group/${m[2]}` : `#/topology?o=${m[2]}`) : null;
}

export function parse(hash: string): Route {
  const [path, query = ""] = (old(hash) ?? hash).replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: Object.fromEntries(
      query.split("&").filter(Boolean).map((pair) => {
        const i = pair.indexOf("=");
        return i < 0 ? [decode(pair), ""] : [decode(pair.slice(0, i)), decode(pair.slice(i + 1))];
      })),
  };
}

export function link(path: (string | number)[], query: Record<string, string | number | undefined | null> = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return "#/" + path.map((p) => encodeURIComponent(String(p))).join("/") +
    (pairs.length ? "?" + pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join("&") : "");
}

/* Changes the query of the view that is shown, without a step in the history. */
export function replaceQuery(change: Record<string, string | number | undefined | null>): void {
  const now = parse(location.hash);
  history.replaceState(null, "", link(now.path, { ...now.query, ...change }));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
