/** Seals of headers (format, section 7). */

import { equal, join } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { TAGS } from "./hash.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { keyId, protectedOf } from "./suites.mjs";
import { sealKeyAt } from "./trust.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./trust.mjs").Trust} Trust */

/**
 * Check that the key that counts at a height sealed a header.
 * @param {Trust} trust
 * @param {number} height
 * @param {Bytes} header
 * @param {Bytes} signature
 * @param {Bytes | null} guarded the protected header, where it is shown
 * @returns {Bytes} the id of the key
 */
export function verifySeal(trust, height, header, signature, guarded = null) {
  const sealKey = sealKeyAt(trust, height);
  if (sealKey === undefined) throw new Refused("noSealKey");
  const id = keyId(trust.hash, sealKey);
  const { suite, key } = sealKey;
  const own = protectedOf(suite, id);
  ensure(guarded === null || equal(guarded, own), "otherSealKey");
  // The Sig_structure of RFC 9052, 4.4.
  const signed = cbor.encodeArray(
    cbor.encodeText("Signature1"),
    cbor.encodeBytes(own),
    cbor.encodeBytes(join(TAGS.header, trust.chain)),
    cbor.encodeBytes(header),
  );
  ensure(suite.holds(key, signed, signature), "badSignature");
  return id;
}
