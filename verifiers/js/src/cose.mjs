/** Statements about the log in the form of RFC 9942: COSE receipts (format, section 11). */

import * as bounds from "./bounds.mjs";
import { equal, toHex } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { Items, Tagged, decode } from "./cbor_items.mjs";
import { verifyCheck } from "./check.mjs";
import { HASHES } from "./hash.mjs";
import { consistencyRoot, inclusionRoot } from "./merkle.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { Steps } from "./steps.mjs";
import { NETWORK, keyId } from "./suites.mjs";
import { TrustInvalid } from "./trust.mjs";
import { verifyLogWitnesses } from "./witnesses.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./cbor_items.mjs").Item} Item */
/** @typedef {import("./steps.mjs").Step} Step */
/** @typedef {import("./trust.mjs").Trust} Trust */
/** @typedef {{guarded: Bytes, head: Items, open: Items, payload: Bytes | null, signature: Bytes}} Sign1 */
/** @typedef {{index: number, size: number, root: Bytes}} Placed an entry's place in a signed log */
/**
 * @typedef {{steps: Step[], id: Bytes, outcome: string, events: Bytes, places: Placed[]}} Stated
 */
/** @typedef {{size: number, root: Bytes}} Log */
/** @typedef {{steps: Step[], first: Log, second: Log}} Continued */

// Labels of maps, encoded.
const ALGORITHM = "01";
const CRITICAL = "02";
const KEY_ID = "04";
const RECEIPTS = "19018a";
const STRUCTURE = "19018b";
const PROOFS = "19018c";
const INCLUSION = "20";
const CONSISTENCY = "21";
const CHECK = toHex(cbor.encodeText("tongjian/check/1"));
const COSIGNED = toHex(cbor.encodeText("tongjian/cosigned/1"));

/** RFC9162_SHA256. */
const RFC9162 = 1n;

const entryShape = msgpack.record({
  id: bounds.hash,
  outcome: msgpack.text(/^[a-z0-9_/@]*$/, bounds.OUTCOME_CHARACTERS_MAX),
  events: bounds.hash,
});

// ------------------------------------------------------------------------------------------ form

/**
 * @param {Item | undefined} item
 * @returns {Bytes}
 */
function byteString(item) {
  ensure(item instanceof Uint8Array, "notCose");
  return item;
}

/**
 * @param {Item | undefined} item
 * @returns {Items}
 */
function map(item) {
  ensure(item instanceof Items, "notCose");
  return item;
}

/**
 * @param {Item | undefined} item
 * @param {number} least
 * @param {number} most
 * @returns {Item[]}
 */
function list(item, least, most) {
  ensure(Array.isArray(item) && item.length >= least && item.length <= most, "notCose");
  return item;
}

/**
 * @param {Item} item
 * @returns {number}
 */
function wholeNumber(item) {
  ensure(typeof item === "bigint" && item >= 0n && item <= BigInt(bounds.NUMBER_MAX), "badProof");
  return Number(item);
}

/**
 * @param {Bytes} bytes
 * @returns {Sign1}
 */
function readSign1(bytes) {
  ensure(bytes.length <= bounds.COSE_BYTES_MAX, "tooLarge");
  const whole = decode(bytes);
  ensure(whole instanceof Tagged, "notCose");
  const [guarded, open, payload, signature] = list(whole.item, 4, 4);
  return {
    guarded: byteString(guarded),
    head: map(decode(byteString(guarded))),
    open: map(open),
    payload: payload === null ? null : byteString(payload),
    signature: byteString(signature),
  };
}

/**
 * Tell what a file says it is; what is neither may be a receipt of section 8.
 * @param {Bytes} bytes
 * @returns {"statement" | "consistency" | null}
 */
export function coseKind(bytes) {
  try {
    const { open } = readSign1(bytes);
    if (open.get(RECEIPTS) !== undefined) return "statement";
    return open.get(PROOFS) === undefined ? null : "consistency";
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

// ------------------------------------------------------------------------------------- signatures

/**
 * Check who signed; every seal key counts, because a log root names no height.
 * @param {Trust} trust
 * @param {Sign1} sign1
 * @param {Bytes} payload
 * @returns {Bytes} the id of the key
 */
function verifySigned(trust, { guarded, head, signature }, payload) {
  ensure(head.get(CRITICAL) === undefined, "critical");
  const id = byteString(head.get(KEY_ID));
  const found = trust.seals.find(
    (each) => each.suite !== NETWORK && equal(keyId(trust.hash, each), id),
  );
  if (found === undefined) throw new Refused("unknownKey");
  ensure(head.get(ALGORITHM) === BigInt(found.suite.algorithm), "otherAlgorithm");
  const signed = cbor.encodeArray(
    cbor.encodeText("Signature1"),
    cbor.encodeBytes(guarded),
    cbor.encodeBytes(new Uint8Array()),
    cbor.encodeBytes(payload),
  );
  ensure(found.suite.holds(found.key, signed, signature), "badSignature");
  return id;
}

/**
 * Return the proof in a receipt, whose payload is detached.
 * @param {Sign1} receipt
 * @param {string} kind label of the proofs
 */
function proofOf({ head, open, payload }, kind) {
  ensure(payload === null, "attached");
  ensure(head.get(STRUCTURE) === RFC9162, "otherStructure");
  const [proof] = list(map(open.get(PROOFS)).get(kind), 1, 1);
  const [one, two, path] = list(decode(byteString(proof)), 3, 3);
  const nodes = list(path, 0, bounds.PATH_MAX).map(byteString);
  ensure(nodes.every((node) => node.length === 32), "badProof");
  return { one: wholeNumber(one), two: wholeNumber(two), nodes };
}

/**
 * @param {Trust} trust
 * @param {Items} open
 * @param {Log} log
 * @returns {string[]} names of the witnesses that signed
 */
function witnessed(trust, open, log) {
  const cosigned = open.get(COSIGNED);
  if (cosigned === undefined && trust.quorum === 0) return [];
  return verifyLogWitnesses(trust, log, cosigned === undefined ? null : byteString(cosigned));
}

/**
 * @param {Bytes} bytes
 * @param {Items} open
 */
function checkOf(bytes, open) {
  const check = open.get(CHECK);
  return check === undefined ? null : () => verifyCheck(HASHES.sha256, bytes, byteString(check));
}

/** @param {Trust} trust */
function ensureSuited(trust) {
  if (trust.hash === HASHES.sha256) return;
  throw new TrustInvalid(
    "a ledger of SM3 has no COSE receipts, which are of SHA-256: ask for its own receipt",
    "采用 SM3 的账本没有 COSE 凭据（其仅适用于 SHA-256）：请索取账本自身的凭据",
  );
}

// ------------------------------------------------------------------------------------ statements

/**
 * @param {Trust} trust
 * @param {Bytes} entry
 * @param {Bytes} bytes of the receipt
 */
function verifyInclusion(trust, entry, bytes) {
  const receipt = readSign1(bytes);
  const { one: size, two: index, nodes } = proofOf(receipt, INCLUSION);
  const root = inclusionRoot(trust.hash, entry, index, size, nodes);
  verifySigned(trust, receipt, root);
  const signed = witnessed(trust, receipt.open, { size, root });
  return { place: { index, size, root }, signed };
}

/**
 * Verify a statement about an entry of the log.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @returns {Stated}
 * @throws {import("./steps.mjs").VerificationFailed}
 * @throws {TrustInvalid} where the ledger has no such statements
 */
export function verifyStated(bytes, trust) {
  ensureSuited(trust);
  const steps = new Steps();
  const { sign1, payload, receipts } = steps.run("form", () => {
    const read = readSign1(bytes);
    ensure(read.open.hasOnly([RECEIPTS, CHECK]), "notCose");
    const shown = list(read.open.get(RECEIPTS), 1, bounds.COSE_RECEIPTS_MAX).map(byteString);
    return { sign1: read, payload: byteString(read.payload), receipts: shown };
  });
  steps.pass({ title: "form" });
  const id = steps.run("statement", () => verifySigned(trust, sign1, payload));
  steps.pass({ title: "statement", keyId: id });
  const entry = steps.run("entry", () => msgpack.decode(payload, entryShape));
  steps.pass({ title: "entry", id: entry.id, outcome: entry.outcome });
  const places = receipts.map((receipt) => {
    const { place, signed } = steps.run("receipt", () => verifyInclusion(trust, payload, receipt));
    steps.pass({ title: "receipt", index: place.index, size: place.size, signed });
    return place;
  });
  const check = checkOf(bytes, sign1.open);
  if (check !== null) {
    steps.run("check", check);
    steps.pass({ title: "check" });
  }
  return { steps: steps.passed, ...entry, places };
}

// ----------------------------------------------------------------------------------- consistency

/**
 * Verify a receipt of consistency against the earlier log that its reader kept.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @param {Log} kept
 * @returns {Continued}
 * @throws {import("./steps.mjs").VerificationFailed}
 * @throws {TrustInvalid} where the ledger has no such receipts
 */
export function verifyContinued(bytes, trust, kept) {
  ensureSuited(trust);
  const steps = new Steps();
  const found = steps.run("consistency", () => {
    const receipt = readSign1(bytes);
    ensure(receipt.open.hasOnly([PROOFS, CHECK, COSIGNED]), "notCose");
    const { one: first, two: second, nodes } = proofOf(receipt, CONSISTENCY);
    ensure(first === kept.size, "otherKept");
    ensure(1 <= first && first <= second, "sizeOutside");
    const root = consistencyRoot(trust.hash, first, second, kept.root, nodes);
    verifySigned(trust, receipt, root);
    witnessed(trust, receipt.open, { size: second, root });
    checkOf(bytes, receipt.open)?.();
    return { size: second, root };
  });
  steps.pass({ title: "consistency", size: kept.size, root: kept.root, logSize: found.size });
  return { steps: steps.passed, first: kept, second: found };
}
