/** Signatures of witnesses over the head that a receipt rests on (format, section 14). */

import { equal, toHex } from "./bytes.mjs";
import { holds } from "./ed25519.mjs";
import { hintOf, readCheckpoint } from "./note.mjs";
import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./trust.mjs").Trust} Trust */
/** @typedef {import("./trust.mjs").Witness} Witness */

const COSIGNATURE = Uint8Array.of(0x04);
const TIME_BYTES = 8;
const TIME_S_MAX = 2n ** 63n - 1n;

/**
 * @param {Witness} witness
 * @param {Bytes} signature with its time before it
 * @param {string} text of the checkpoint
 */
function verifyCosignature({ key }, signature, text) {
  ensure(signature.length > TIME_BYTES, "badWitness");
  const seconds = BigInt(`0x${toHex(signature.subarray(0, TIME_BYTES))}`);
  ensure(seconds <= TIME_S_MAX, "badWitness");
  const signed = new TextEncoder().encode(`cosignature/v1\ntime ${seconds}\n${text}`);
  ensure(holds(key, signed, signature.subarray(TIME_BYTES)), "badWitness");
}

/** @param {Trust} trust */
export function originOf(trust) {
  return `tongjian/${trust.label}/${toHex(trust.chain).slice(0, 16)}`;
}

/**
 * Check what a receipt has of witnesses against the trust file.
 * @param {Trust} trust
 * @param {Header} header
 * @param {Bytes} headerHash
 * @param {Bytes | null} cosigned
 * @returns {string[]} the names of the witnesses that signed
 */
export function verifyWitnesses(trust, header, headerHash, cosigned) {
  return verifySigned(trust, cosigned, (note) => {
    const isLog = note.size === header.logSize && equal(note.root, header.logRoot);
    const isBlock = note.height === header.height && note.headerHash === toHex(headerHash);
    return isLog && isBlock;
  });
}

/**
 * Check what a COSE receipt has of witnesses, which names a log and no block (section 11).
 * @param {Trust} trust
 * @param {{size: number, root: Bytes}} log
 * @param {Bytes | null} cosigned
 * @returns {string[]} the names of the witnesses that signed
 */
export function verifyLogWitnesses(trust, { size, root }, cosigned) {
  return verifySigned(trust, cosigned, (note) => note.size === size && equal(note.root, root));
}

/**
 * @param {Trust} trust
 * @param {Bytes | null} cosigned
 * @param {(note: ReturnType<typeof readCheckpoint>) => boolean} isHead
 * @returns {string[]}
 */
function verifySigned(trust, cosigned, isHead) {
  if (cosigned === null) throw new Refused("tooFewWitnesses");
  const note = readCheckpoint(cosigned);
  ensure(note.origin === originOf(trust) && isHead(note), "otherCheckpoint");
  const signed = countWitnesses(trust, note);
  ensure(signed.length >= trust.quorum, "tooFewWitnesses");
  return signed;
}

/**
 * Return the names of the trusted witnesses that signed a checkpoint; what they signed must hold.
 * @param {Trust} trust
 * @param {ReturnType<typeof readCheckpoint>} note
 */
export function countWitnesses(trust, note) {
  const signed = trust.witnesses.filter((witness) => {
    const hint = hintOf(witness.name, COSIGNATURE, witness.key);
    const own = note.signatures.filter(
      (line) => line.name === witness.name && equal(line.hint, hint),
    );
    for (const line of own) verifyCosignature(witness, line.signature, note.text);
    return own.length > 0;
  });
  return signed.map((witness) => witness.name);
}
