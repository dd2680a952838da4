/** The receipt in a file that a person has: itself, a picture, a PDF, the page of an extract. */

import * as bounds from "../src/bounds.mjs";
import { receiptInCodes } from "./codes.mjs";
import { PDF_BYTES_MAX, isPdf, receiptInPdf } from "./pdf.mjs";
import { PICTURE_BYTES_MAX, codesIn, isPicture } from "./picture.mjs";
import { Unread } from "./unread.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {import("./unread.mjs").Problem} Problem */
/** @typedef {{name: string, bytes: Bytes, problem?: Problem}} Given */

const PAGE = /^\s*<(?:!doctype html|html)\b/i;
const EMBEDDED = /\bdata-receipt="([^"]*)"/g;

/**
 * Read a file no further than it may go; what is longer is refused for its length.
 * @param {File} file
 * @returns {Promise<Given>}
 */
export async function read(file) {
  const most = Math.max(PICTURE_BYTES_MAX, PDF_BYTES_MAX) + 1;
  const bytes = new Uint8Array(await file.slice(0, most).arrayBuffer());
  const isCarrier = isPicture(bytes) || isPdf(bytes);
  const start = isCarrier ? bytes : bytes.slice(0, bounds.RECEIPT_BYTES_MAX + 1);
  return { name: file.name, bytes: start };
}

/**
 * @param {Bytes} bytes
 * @returns {Promise<Bytes>} themselves where they are no picture, PDF or page
 */
async function receiptIn(bytes) {
  if (isPicture(bytes)) return receiptInCodes(await codesIn(bytes));
  if (isPdf(bytes)) return receiptInPdf(bytes);
  if (!PAGE.test(new TextDecoder().decode(bytes.subarray(0, 1024)))) return bytes;
  const found = [...new TextDecoder().decode(bytes).matchAll(EMBEDDED)];
  if (found.length !== 1) throw new Unread("noExtract", "oneAtATime");
  return new TextEncoder().encode(found[0][1]);
}

/**
 * Find the receipt in what was read, or say why there is none.
 * @param {Given} given
 * @returns {Promise<Given>}
 */
export async function open({ name, bytes }) {
  try {
    return { name, bytes: await receiptIn(bytes) };
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    return { name, bytes, problem: error.problem };
  }
}
