/** Keys, rows and transactions as text, as far as the format tells their parts apart. */

import { toHex } from "./bytes.mjs";
import { anything, byteString, decode, integer, list, record } from "./msgpack.mjs";
import { Refused } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./msgpack.mjs").Value} Value */

/**
 * Show a key as `table:part/part`; a part that is not printable ASCII is in hexadecimal.
 * @param {Bytes} key
 */
export function showKey(key) {
  /** @type {string[]} */
  const parts = [];
  let start = 0;
  for (let at = key.indexOf(0); at >= 0; at = key.indexOf(0, start)) {
    const part = key.subarray(start, at);
    if (!isPrintable(part) || part.length === 0) break;
    parts.push(text(part));
    start = at + 1;
  }
  const last = key.subarray(start);
  if (last.length > 0) parts.push(isPrintable(last) ? text(last) : `0x${toHex(last)}`);
  const [table = "", ...rest] = parts;
  return rest.length > 0 ? `${table}:${rest.join("/")}` : table;
}

/** @param {Bytes} bytes */
function isPrintable(bytes) {
  return bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
}

/** @param {Bytes} bytes */
function text(bytes) {
  return new TextDecoder().decode(bytes);
}

/**
 * @param {Value} value
 * @returns {string}
 */
function showValue(value) {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return `0x${toHex(value)}`;
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  return String(value);
}

/**
 * Show the fields of a record by position.
 * @param {Bytes} bytes
 * @returns {string[] | null} null where the bytes are no record
 */
export function showFields(bytes) {
  try {
    const value = decode(bytes, anything);
    return Array.isArray(value) ? value.map(showValue) : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

const transaction = record({
  version: integer(1),
  chain: byteString(32, 32),
  expiry: integer(Number.MAX_SAFE_INTEGER),
  nonce: byteString(16, 16),
  signers: list(byteString(16, 16), 1, 16),
  acts: list(anything, 1, 1000),
});

/**
 * Show who signed a transaction and what was asked (format, section 4).
 * @param {Bytes} bytes
 */
export function showTransaction(bytes) {
  try {
    const { expiry, signers, acts } = decode(bytes, transaction);
    const asked = acts.map((act) => (Array.isArray(act) ? act.map(showValue) : [showValue(act)]));
    return { expiry, signers: signers.map(toHex), acts: asked };
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}
