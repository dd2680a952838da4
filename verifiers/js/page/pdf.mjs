/** The receipt that a PDF carries as an embedded file (ISO 32000-2, 7.11.4). */

import { equal, joinAll } from "../src/bytes.mjs";
import { Unread } from "./unread.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */

export const PDF_BYTES_MAX = 64 * 2 ** 20;
const STREAMS_MAX = 20_000;
/** Before `stream` stands the dictionary of the stream; a longer one is of no embedded file. */
const DICTIONARY_BYTES_MAX = 4096;
const RECEIPT_BYTES_MAX = 8 * 2 ** 20;
/** A receipt in hexadecimal is twice as long. */
const FILE_BYTES_MAX = 2 * RECEIPT_BYTES_MAX + 1024;
const START_BYTES = 5;
const STREAM = /\bstream(?:\r\n|\n|\r)/g;

/** @param {Bytes} bytes */
export function isPdf(bytes) {
  // Readers allow a kilobyte before it (ISO 32000-1, annex H.3).
  return new TextDecoder("latin1").decode(bytes.subarray(0, 1024)).includes("%PDF-");
}

/**
 * Say whether bytes begin as a receipt does: CBOR tag 18 and an array of four, or a text of that.
 * @param {Bytes} bytes
 */
function isLikeReceipt(bytes) {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, START_BYTES));
  return bytes[0] === 0xd2 && bytes[1] === 0x84 || /^(?:TJR1:|d284|0oR)/i.test(start);
}

/**
 * Unpack a stream of Flate as far as the file of a receipt may go; what stands behind is let be.
 * @param {Bytes} packed
 * @returns {Promise<Bytes | null>} null where it is no file of a receipt
 */
async function unpack(packed) {
  const source = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (packed)]).stream();
  const reader = source.pipeThrough(new DecompressionStream("deflate")).getReader();
  /** @type {Bytes[]} */
  const parts = [];
  let size = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      size += part.value.length;
      const isOther = parts[0].length >= START_BYTES && !isLikeReceipt(parts[0]);
      if (isOther || size > FILE_BYTES_MAX) {
        await reader.cancel();
        return null;
      }
    }
  } catch {
    // The line end before `endstream` is behind the compressed data, which some browsers refuse.
    // What came out is verified to its last byte in any case.
  }
  return joinAll(parts);
}

/**
 * @param {Bytes} bytes
 * @param {string} text of the same, one character a byte
 * @returns {Generator<{dictionary: string, content: Bytes}>}
 */
function* streams(bytes, text) {
  let [count, done] = [0, 0];
  for (const found of text.matchAll(STREAM)) {
    // The word inside a stream begins none; so each byte is looked at once.
    if (found.index < done) continue;
    if (++count > STREAMS_MAX) throw new Unread("pdfTooLarge", "pdfThen");
    const before = text.slice(Math.max(0, found.index - DICTIONARY_BYTES_MAX), found.index);
    const dictionary = before.slice(before.lastIndexOf("obj") + 1);
    const from = found.index + found[0].length;
    const length = Number(/\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(dictionary)?.[1] ?? "NaN");
    const isRight = /^\s*endstream/.test(text.slice(from + length, from + length + 16));
    const end = isRight ? 0 : text.indexOf("endstream", from);
    const to = isRight ? from + length : end < 0 ? text.length : end;
    done = to;
    yield { dictionary, content: bytes.subarray(from, to) };
  }
}

/**
 * @param {{dictionary: string, content: Bytes}} stream
 * @returns {Promise<Bytes | null>}
 */
async function fileIn({ dictionary, content }) {
  if (/\/Type\s*\/(?!EmbeddedFile\b)/.test(dictionary)) return null;
  const filters = /\/Filter\s*(\[[^\]]*\]|\/\w+)/.exec(dictionary)?.[1].match(/\/\w+/g) ?? [];
  const isFlate = filters.length === 1 && ["/FlateDecode", "/Fl"].includes(filters[0]);
  if (filters.length > 0 && !isFlate) return null;
  const file = isFlate ? await unpack(content) : content;
  return file !== null && isLikeReceipt(file) && file.length <= FILE_BYTES_MAX ? file : null;
}

/**
 * Return the receipt that is embedded in a PDF.
 * @param {Bytes} bytes
 * @returns {Promise<Bytes>} as file or as text
 * @throws {Unread}
 */
export async function receiptInPdf(bytes) {
  if (bytes.length > PDF_BYTES_MAX) throw new Unread("pdfTooLarge", "pdfThen");
  const text = new TextDecoder("latin1").decode(bytes);
  /** @type {Bytes[]} */
  const found = [];
  for (const stream of streams(bytes, text)) {
    const file = await fileIn(stream);
    const isNew = file !== null && !found.some((one) => equal(one, file));
    if (isNew) found.push(file);
    if (found.length > 1) throw new Unread("severalReceipts", "oneAtATime");
  }
  if (found.length === 1) return found[0];
  const isLocked = /\/Encrypt\b/.test(text);
  throw isLocked ? new Unread("pdfLocked", "pdfThen") : new Unread("noAttachment", "pdfThen");
}
