/** Checkpoints (format, section 12): the head of a log as signed note of C2SP. */

import { ascii, fromBase64 } from "./bytes.mjs";
import { HASHES } from "./hash.mjs";
import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {{name: string, hint: Bytes, signature: Bytes}} NoteSignature */

const NOTE_BYTES_MAX = 65536;
const SIGNATURES_MAX = 64;
const HINT_BYTES = 4;
/** Characters below U+0020 other than the end of a line. */
const CONTROL = /[\0-\x09\x0b-\x1f]/;
const DECIMAL = /^(0|[1-9][0-9]*)$/;
const BLOCK_LINE = /^tongjian\/header\/1 (0|[1-9][0-9]*) ([0-9a-f]{64})$/;
/** Names have no white space of Unicode, no delete, no plus. */
const SIGNATURE_LINE =
  /^\u2014 ([^+\0- \x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+) ([^ ]*)$/u;

/**
 * Return the bytes by which the lines of a key are known.
 * @param {string} name
 * @param {Bytes} kind of signature
 * @param {Bytes} key
 */
export function hintOf(name, kind, key) {
  const named = HASHES.sha256(new TextEncoder().encode(name), ascii("\n"), kind, key);
  return named.subarray(0, HINT_BYTES);
}

/** @param {Bytes} bytes */
function decodeText(bytes) {
  ensure(bytes.length <= NOTE_BYTES_MAX, "notCheckpoint");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    ensure(!CONTROL.test(text), "notCheckpoint");
    return text;
  } catch {
    throw new Refused("notCheckpoint");
  }
}

/**
 * @param {string} line
 * @returns {NoteSignature}
 */
function readSignature(line) {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = base64 === undefined ? null : fromBase64(base64);
  ensure(bytes !== null && bytes.length > HINT_BYTES, "notCheckpoint");
  return { name, hint: bytes.subarray(0, HINT_BYTES), signature: bytes.subarray(HINT_BYTES) };
}

/**
 * Read a checkpoint; no signature is verified yet.
 * @param {Bytes} bytes
 */
export function readCheckpoint(bytes) {
  const [head, below, ...more] = decodeText(bytes).split("\n\n");
  ensure(below !== undefined && more.length === 0 && below.endsWith("\n"), "notCheckpoint");
  const [origin, size, root, ...others] = head.split("\n");
  ensure(root !== undefined && origin !== "", "notCheckpoint");
  const rootBytes = fromBase64(root);
  ensure(DECIMAL.test(size) && rootBytes !== null, "notCheckpoint");
  const block = others.map((line) => BLOCK_LINE.exec(line)).find((match) => match !== null);
  ensure(block !== undefined && block !== null, "notCheckpoint");
  const lines = below.slice(0, -1).split("\n");
  ensure(lines.length <= SIGNATURES_MAX, "notCheckpoint");
  return {
    text: `${head}\n`,
    origin,
    size: Number(size),
    root: rootBytes,
    height: Number(block[1]),
    headerHash: block[2],
    signatures: lines.map(readSignature),
  };
}
