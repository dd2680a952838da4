/** What a file is that somebody took for a receipt, as far as its first bytes tell. */

import { equal, fromHex } from "./bytes.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./reasons.mjs").Reason} Reason */

/** @type {[start: string, reason: Reason][]} first bytes in hexadecimal */
const STARTS = [
  ["25504446", "isPdf"],
  ["89504e47", "isPicture"],
  ["ffd8ff", "isPicture"],
  ["47494638", "isPicture"],
  ["49492a00", "isPicture"],
  ["52494646", "isPicture"],
  ["504b0304", "isArchive"],
  ["1f8b08", "isArchive"],
  ["377abcaf", "isArchive"],
  ["52617221", "isArchive"],
  ["544a4c4f47", "isBlockLog"],
];
/**
 * Names of what is no receipt.
 * @type {Reason[]}
 */
export const MISTAKES = [
  ...STARTS.map(([, reason]) => reason),
  ...["isEmpty", "isMarkup", "isTrust", "isJson", "isText"].map(
    (name) => /** @type {Reason} */ (name),
  ),
];
const RECEIPT_START = "d284";
const HEIC = "66747970";
const MARKUP = /^\s*<(?:\?xml|!doctype|html|[a-z])/i;
const TEXT_BYTES = 65_536;

/**
 * @param {Bytes} bytes
 * @param {string} hex
 * @param {number} at
 */
function hasAt(bytes, hex, at = 0) {
  const start = /** @type {Bytes} */ (fromHex(hex));
  return equal(bytes.subarray(at, at + start.length), start);
}

/**
 * @param {Bytes} bytes
 * @returns {unknown} undefined where it is no JSON
 */
function jsonIn(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * Say what JSON is, by its members.
 * @param {Bytes} bytes
 * @returns {Reason}
 */
function jsonKind(bytes) {
  const found = jsonIn(bytes);
  if (typeof found !== "object" || found === null || Array.isArray(found)) return "isText";
  if ("seals" in found && "chain" in found) return "isTrust";
  const format = "format" in found ? String(found.format) : "";
  if (format.startsWith("tongjian-evidence/")) return "notEvidence";
  return "isJson";
}

/**
 * Say what a file is that is no receipt.
 * @param {Bytes} bytes
 * @returns {Reason | null} null where it may be one, or is of no kind known here
 */
export function mistakenFor(bytes) {
  if (bytes.length === 0) return "isEmpty";
  if (hasAt(bytes, RECEIPT_START)) return null;
  const start = STARTS.find(([hex]) => hasAt(bytes, hex));
  if (start !== undefined) return start[1];
  if (hasAt(bytes, HEIC, 4)) return "isPicture";
  const text = new TextDecoder().decode(bytes.subarray(0, TEXT_BYTES));
  if (MARKUP.test(text)) return "isMarkup";
  if (/^\s*[{[]/.test(text)) return jsonKind(bytes);
  return text.includes("\0") || text.includes("\ufffd") ? null : "isText";
}
