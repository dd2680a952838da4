/** The little CBOR that a receipt has (RFC 8949, 4.2.1): byte strings, texts, arrays, maps, a tag. */

import { ascii, bigEndian, equal, join } from "./bytes.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

// Major types.
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const COSE_SIGN1_TAG = 0xd2;

/**
 * Write the head of an item in its shortest form.
 * @param {number} major
 * @param {number} value below 2^32
 */
function head(major, value) {
  if (value < 24) return Uint8Array.of((major << 5) | value);
  const [extra, width] = value < 0x100 ? [24, 1] : value < 0x10000 ? [25, 2] : [26, 4];
  return join(Uint8Array.of((major << 5) | extra), bigEndian(value, width));
}

/** @param {Bytes} value */
export function encodeBytes(value) {
  return join(head(BYTES, value.length), value);
}

/** @param {string} value of ASCII characters */
export function encodeText(value) {
  return join(head(TEXT, value.length), ascii(value));
}

/** @param {...Bytes} items each encoded */
export function encodeArray(...items) {
  return join(head(ARRAY, items.length), ...items);
}

/**
 * Take a COSE_Sign1 apart: 18([protected, {"tongjian/2": proofs, "tongjian/check/1": check},
 * payload, signature]); the map may have a third entry, "tongjian/cosigned/1".
 *
 * Each place has one type and each head one form, so nothing else than the shortest is read.
 * @param {Bytes} bytes
 */
export function readSign1(bytes) {
  let at = 0;
  /** @param {Bytes} expected */
  const literal = (expected) => {
    ensure(equal(bytes.subarray(at, at + expected.length), expected), "notReceipt");
    at += expected.length;
  };
  const byteString = () => {
    const first = bytes[at] ?? 0;
    const width = [1, 2, 4][(first & 31) - 24] ?? 0;
    const length = width === 0
      ? first & 31
      : bytes.subarray(at + 1, at + 1 + width).reduce((value, byte) => value * 256 + byte, 0);
    ensure(length <= bytes.length, "notReceipt");
    literal(head(BYTES, length));
    ensure(length <= bytes.length - at, "notReceipt");
    at += length;
    return bytes.subarray(at - length, at);
  };

  literal(Uint8Array.of(COSE_SIGN1_TAG, 0x84));
  const guarded = byteString();
  const isCosigned = bytes[at] === 0xa3;
  literal(join(Uint8Array.of(isCosigned ? 0xa3 : 0xa2), encodeText("tongjian/2")));
  const proofs = byteString();
  literal(encodeText("tongjian/check/1"));
  const check = byteString();
  if (isCosigned) literal(encodeText("tongjian/cosigned/1"));
  const cosigned = isCosigned ? byteString() : null;
  const payload = byteString();
  const signature = byteString();
  ensure(at === bytes.length, "notReceipt");
  return { guarded, proofs, check, cosigned, payload, signature };
}
