/** Build the page: one file with everything in it, which may run nothing else. */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

mkdirSync(here("dist"), { recursive: true });
writeFileSync(here("dist/verifier.html"), page);
console.log(`dist/verifier.html: ${page.length} characters, SHA-256 ${hash(page).digest("hex")}`);
