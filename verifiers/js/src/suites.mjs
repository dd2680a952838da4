/** The suites of keys that seal headers (format, sections 3 and 7). */

import { ascii, fromHex, join } from "./bytes.mjs";
import * as ed25519 from "./ed25519.mjs";
import { TAGS } from "./hash.mjs";
import * as p256 from "./p256.mjs";
import * as sm2 from "./sm2.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/**
 * @typedef {{number: number, algorithm: number, protected: string, note: Bytes, isSoundKey: (key: Bytes) => boolean,
 *   holds: (key: Bytes, message: Bytes, signature: Bytes) => boolean}} Suite
 */
/** @typedef {{suite: Suite, key: Bytes}} SuiteKey */

/** @param {string} name */
function unnumbered(name) {
  return join(Uint8Array.of(0xff), ascii(`tongjian/${name}`));
}

/**
 * By their names in a trust file; `protected` is the header of a seal up to the key id, `note` the
 * kind of a signature under a checkpoint.
 * @type {Record<string, Suite>}
 */
export const SUITES = {
  ed25519: { number: 1, algorithm: -8, protected: "a201270450", note: Uint8Array.of(1), ...ed25519 },
  sm2: { number: 2, algorithm: -65538, protected: "a2013a000100010450", note: unnumbered("sm2"), ...sm2 },
  p256: { number: 3, algorithm: -7, protected: "a201260450", note: unnumbered("p256"), ...p256 },
};

/**
 * What stands for a network: the hash of a set of validators in place of a key, which alone signs
 * nothing; certificates do (section 20).
 * @type {Suite}
 */
export const NETWORK = {
  number: 16,
  algorithm: -65539,
  protected: "a2013a000100020450",
  note: new Uint8Array(),
  isSoundKey: (hash) => hash.length === 32,
  holds: () => false,
};

/**
 * The names of suites in a trust file.
 * @type {Record<string, Suite>}
 */
export const TRUSTED_SUITES = { ...SUITES, cometbft: NETWORK };

/**
 * Return the id of a key: 16 bytes.
 * @param {import("./hash.mjs").Hash} hash
 * @param {SuiteKey} sealKey
 */
export function keyId(hash, { suite, key }) {
  return hash(TAGS.key, Uint8Array.of(suite.number), key).subarray(0, 16);
}

/**
 * Return the protected header of a seal by a key.
 * @param {Suite} suite
 * @param {Bytes} id of the key
 */
export function protectedOf(suite, id) {
  return join(/** @type {Bytes} */ (fromHex(suite.protected)), id);
}
