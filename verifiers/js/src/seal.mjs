/** Seals of headers, by the operator or by a network (format, sections 7 and 20). */

import { equal, join, toHex } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { TAGS } from "./hash.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { verifyCertificate } from "./network.mjs";
import { NETWORK, keyId, protectedOf } from "./suites.mjs";
import { sealKeyAt } from "./trust.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./trust.mjs").Trust} Trust */

/** @typedef {import("./network.mjs").Sealed} Sealed */

/**
 * Check that the key that counts at a height, or the network, sealed a header.
 * @param {Trust} trust
 * @param {number} height
 * @param {Bytes} header
 * @param {Bytes} signature a certificate where a network seals
 * @param {Bytes | null} guarded the protected header, where it is shown
 * @returns {{keyId: Bytes, sealed: Sealed | null}} the id of the key, and by whom of a network
 */
export function verifySeal(trust, height, header, signature, guarded = null) {
  const sealKey = sealKeyAt(trust, height);
  if (sealKey === undefined) throw new Refused("noSealKey");
  const { suite, key } = sealKey;
  if (suite === NETWORK) {
    ensure(guarded === null || isOfNetwork(guarded), "otherSealKey");
    const headerHash = trust.hash(TAGS.header, header);
    const { set, sealed } = verifyCertificate(key, trust.chain, headerHash, signature);
    const id = keyId(trust.hash, { suite, key: set });
    ensure(guarded === null || equal(guarded, protectedOf(suite, id)), "otherSealKey");
    return { keyId: id, sealed };
  }
  const id = keyId(trust.hash, sealKey);
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
  return { keyId: id, sealed: null };
}

/** @param {Bytes} guarded the protected header of a seal */
function isOfNetwork(guarded) {
  return toHex(guarded).startsWith(NETWORK.protected);
}
