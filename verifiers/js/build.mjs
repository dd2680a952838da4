/**
 * Build the page: one file with everything in it, which may run nothing else.
 *
 * `node build.mjs [FILE]`, else dist/verifier.html.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @param {string} text */
const hash = (text) => createHash("sha256").update(text);

const bundled = await build({
  entryPoints: [here("page/page.mjs")],
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "eof",
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  write: false,
});
const script = bundled.outputFiles[0].text.trim();
const style = readFileSync(here("page/page.css"), "utf8");
if (script.includes("</script")) throw new Error("the script would end before its end");

const policy = [
  "default-src 'none'",
  `script-src 'sha256-${hash(script).digest("base64")}'`,
  `style-src 'sha256-${hash(style).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** @type {Record<string, string>} */
const parts = { policy, style, script };
const template = readFileSync(here("page/verifier.html"), "utf8");
const page = template.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);

const target = process.argv[2] ?? here("dist/verifier.html");
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, page);
console.log(`${target}: ${Buffer.byteLength(page)} bytes, SHA-256 ${hash(page).digest("hex")}`);
