/** The little of Protocol Buffers that hashes of a network are made of (format, section 20). */

import { equal, join, joinAll } from "./bytes.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

// Wire types.
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;

const UINT64_MAX = 2n ** 64n - 1n;
const UVARINT_BYTES_MAX = 10;
const NOTHING = new Uint8Array();

/** @param {number | bigint} value not negative */
export function uvarint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.of(...bytes, Number(rest));
}

/**
 * @param {number} field
 * @param {number} wire type
 */
const head = (field, wire) => Uint8Array.of((field << 3) | wire);

/**
 * Write a number, which zero leaves out.
 * @param {number} field below 16
 * @param {number | bigint} value not negative
 */
export function number(field, value) {
  return BigInt(value) === 0n ? NOTHING : join(head(field, VARINT), uvarint(value));
}

/**
 * Write a number of eight bytes, the lowest first, which zero leaves out.
 * @param {number} field below 16
 * @param {number | bigint} value not negative
 */
export function fixed64(field, value) {
  if (BigInt(value) === 0n) return NOTHING;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return join(head(field, FIXED_64), bytes);
}

/**
 * Write a byte string, a text or a message, which is left out where it is empty.
 * @param {number} field below 16
 * @param {Bytes} value
 */
export function bytes(field, value) {
  return value.length === 0 ? NOTHING : message(field, value);
}

/**
 * Write a message that stands there even when it is empty.
 * @param {number} field below 16
 * @param {Bytes} value
 */
export function message(field, value) {
  return join(head(field, LENGTH), uvarint(value.length), value);
}

/**
 * Read a message of numbers whose fields are 1, 2 and so on, in its only form.
 * @param {Bytes} given
 * @param {number} count of fields
 * @returns {bigint[]}
 */
export function readNumbers(given, count) {
  const values = Array.from({ length: count }, () => 0n);
  for (let at = 0; at < given.length;) {
    const field = (given[at++] >> 3) - 1;
    ensure(field >= 0 && field < count, "fieldForm");
    let value = 0n;
    for (let i = 0n; ; i++) {
      ensure(at < given.length && i < UVARINT_BYTES_MAX, "fieldForm");
      const byte = given[at++];
      value |= BigInt(byte & 0x7f) << (7n * i);
      if (byte < 0x80) break;
    }
    ensure(value <= UINT64_MAX, "fieldForm");
    values[field] = value;
  }
  const again = joinAll(values.map((value, i) => number(i + 1, value)));
  ensure(equal(again, given), "fieldForm");
  return values;
}
