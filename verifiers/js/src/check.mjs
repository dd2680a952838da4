/** The check value of a receipt (format, section 8): no changed byte goes unnoticed. */

import { ascii, equal, join } from "./bytes.mjs";
import { TAGS } from "./hash.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

export const CHECK_BYTES = 8;
/** The label and the head of eight bytes in CBOR. */
const HEAD = join(Uint8Array.of(0x70), ascii("tongjian/check/1"), Uint8Array.of(0x40 + CHECK_BYTES));

/**
 * @param {Bytes} bytes
 * @param {Bytes} part
 */
function placesOf(bytes, part) {
  const places = [];
  for (let at = bytes.indexOf(part[0]); at >= 0; at = bytes.indexOf(part[0], at + 1)) {
    if (equal(bytes.subarray(at, at + part.length), part)) places.push(at);
  }
  return places;
}

/**
 * Check that a receipt holds its check once, and that it is its own.
 * @param {import("./hash.mjs").Hash} hash
 * @param {Bytes} bytes of the whole receipt
 * @param {Bytes} check
 */
export function verifyCheck(hash, bytes, check) {
  ensure(check.length === CHECK_BYTES, "badCheck");
  const places = placesOf(bytes, join(HEAD, check));
  ensure(places.length === 1, "badCheck");
  const blank = Uint8Array.from(bytes);
  blank.fill(0, places[0] + HEAD.length, places[0] + HEAD.length + CHECK_BYTES);
  ensure(equal(hash(TAGS.check, blank).subarray(0, CHECK_BYTES), check), "badCheck");
}
