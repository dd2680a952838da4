/**
 * P-256 with SHA-256 by the rule of the format, section 3.
 *
 * WebCrypto has it too, but takes a large s, and answers later: the steps would not be one after
 * another. So this is @noble/curves as for the other suites.
 */

import { p256 } from "@noble/curves/nist.js";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

const KEY_BYTES = 65;
const SIGNATURE_BYTES = 64;

/**
 * Tell whether a key is an uncompressed point of the curve.
 * @param {Bytes} key
 */
export function isSoundKey(key) {
  if (key.length !== KEY_BYTES || key[0] !== 4) return false;
  try {
    p256.Point.fromBytes(key).assertValidity();
    return true;
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
  if (signature.length !== SIGNATURE_BYTES) return false;
  const rule = /** @type {const} */ ({ prehash: true, lowS: true, format: "compact" });
  try {
    return p256.verify(signature, message, key, rule);
  } catch {
    return false; // r or s out of range
  }
}
