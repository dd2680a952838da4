/** Heads of the log that were signed as checkpoints (format, sections 12 and 14). */

import { equal } from "./bytes.mjs";
import { hintOf, readCheckpoint } from "./note.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { NETWORK } from "./suites.mjs";
import { sealKeyAt } from "./trust.mjs";
import { countWitnesses, originOf } from "./witnesses.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./trust.mjs").Trust} Trust */
/** @typedef {ReturnType<typeof readCheckpoint>} Note */
/**
 * @typedef {{height: number, size: number, root: Bytes, headerHash: string, signed: string[]}} Head
 *   `signed`: names of the witnesses that signed
 */

const TAG = new TextEncoder().encode("tongjian/");

/**
 * Tell whether a file begins like a checkpoint.
 * @param {Bytes} bytes
 */
export function isCheckpoint(bytes) {
  return equal(bytes.subarray(0, TAG.length), TAG);
}

/**
 * Check that the operator signed a checkpoint of this ledger.
 * @param {Trust} trust
 * @param {Bytes} bytes
 * @returns {Note}
 */
export function openByOperator(trust, bytes) {
  const note = readCheckpoint(bytes);
  ensure(note.origin === originOf(trust), "otherCheckpoint");
  const sealKey = sealKeyAt(trust, note.height);
  if (sealKey === undefined) throw new Refused("noSealKey");
  const { suite, key } = sealKey;
  const hint = hintOf(note.origin, suite.note, key);
  const signed = new TextEncoder().encode(note.text);
  const isSigned = note.signatures.some(
    (line) =>
      line.name === note.origin &&
      equal(line.hint, hint) &&
      suite.holds(key, signed, line.signature),
  );
  ensure(isSigned, "notByOperator");
  return note;
}

/**
 * Check a checkpoint: the operator signed it, and as many witnesses as the trust file demands.
 *
 * A network has no key to sign with; witnesses alone vouch for its heads.
 * @param {Trust} trust
 * @param {Bytes} bytes
 * @returns {Head}
 * @throws {Refused}
 */
export function verifyHead(trust, bytes) {
  const read = readCheckpoint(bytes);
  const isOfNetwork = sealKeyAt(trust, read.height)?.suite === NETWORK;
  const note = isOfNetwork ? read : openByOperator(trust, bytes);
  ensure(note.origin === originOf(trust), "otherCheckpoint");
  const signed = countWitnesses(trust, note);
  ensure(signed.length >= trust.quorum, "tooFewWitnesses");
  ensure(!isOfNetwork || signed.length > 0, "notByOperator");
  const { height, size, root, headerHash } = note;
  return { height, size, root, headerHash, signed };
}
