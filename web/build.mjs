// SPDX-License-Identifier: GPL-2.0-or-later
// Bundles the application into two files that the C build embeds. Usage: node build.mjs [OUT]
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2] ?? "../report/render/html";

const made = await build({
  entryPoints: { app: "src/main.tsx" },
  bundle: true,
  minify: true,
  write: false,
  outdir: out,
  format: "iife",
  target: ["chrome109", "firefox115", "safari16.4"],
  charset: "ascii",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  banner: {
    js: "/*! chanrec's browser report, built from web/ by `make web`; licences of its libraries: web/LICENSES */",
    css: "/*! built from web/ by `make web` */",
  },
});

for (const file of made.outputFiles) {
  const name = file.path.endsWith(".css") ? "app.css" : "app.js";
  /* In strings; HTML forbids these characters. */
  const text = file.text.trimEnd().replace(/[\x01-\x08\x0b-\x1f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`) + "\n";
  // Within an HTML page these would end the element, or hide its end.
  if (/<\/(script|style)|<!--|<script/i.test(text)) throw new Error(`${name} contains markup that a page cannot embed`);
  if (/[^\n\t\x20-\x7e]/.test(text)) throw new Error(`${name} contains characters other than ASCII`);
  writeFileSync(`${out}/${name}`, text);
}
