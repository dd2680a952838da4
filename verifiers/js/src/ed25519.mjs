/**
 * Ed25519 by the rule of the format, section 3.
 *
 * WebCrypto also verifies Ed25519, but libraries behind it differ on keys and signatures at the
 * edges (cofactor, non-canonical points); a verdict must not depend on the browser.
 */

import { ed25519 } from "@noble/curves/ed25519.js";

import { toHex } from "./bytes.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

// The library would first compute a table for thousands of signatures; a receipt has one.
ed25519.Point.BASE.precompute(3);

/** Every encoding that ZIP 215 reads as a point of order 1, 2, 4 or 8. */
const SMALL_ORDER_R = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]);

/**
 * Tell whether a key may be trusted: the canonical encoding of a point of the prime-order
 * subgroup, not the identity.
 * @param {Bytes} key
 */
export function isSoundKey(key) {
  try {
    const point = ed25519.Point.fromBytes(key);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/**
 * Tell whether a signature holds. The key is a sound one.
 * @param {Bytes} key
 * @param {Bytes} message
 * @param {Bytes} signature
 */
export function holds(key, message, signature) {
  if (signature.length !== 64 || SMALL_ORDER_R.has(toHex(signature.subarray(0, 32)))) return false;
  return ed25519.verify(signature, message, key, { zip215: true });
}
