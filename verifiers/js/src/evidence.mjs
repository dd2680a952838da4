/** Evidence of a witness that a ledger went back or split (format, section 15). */

import { ascii, equal, fromHex, join, toHex } from "./bytes.mjs";
import { TAGS } from "./hash.mjs";
import { header as headerShape } from "./header.mjs";
import { openByOperator } from "./heads.mjs";
import { consistencyRoot } from "./merkle.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { verifySeal } from "./seal.mjs";
import { SUITES } from "./suites.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./trust.mjs").Trust} Trust */
/** @typedef {{height: number, size: number, root: string, header: string, seal: string,
 *   checkpoint: string}} HeadShown */
/** @typedef {{height: number, size: number, root: Bytes, headerHash: string}} Head */
/** @typedef {{kind: "fork" | "rollback", why: string, first: Head, second: Head, witness: string,
 *   isKnown: boolean}} Proven */

const FORMAT = "tongjian-evidence/1";
const EVIDENCE_BYTES_MAX = 2 ** 20;
const PATH_MAX = 64;
const HEX = /^([0-9a-f]{2})*$/;
const TAG = ascii("tongjian/evidence/1\0");
const LONE = /\p{Surrogate}/u;
const MEMBERS = [
  ...["format", "kind", "chain", "why", "first", "second", "prefix_root", "path", "observed_s"],
  ...["witness", "signature"],
];

/**
 * @param {unknown} value
 * @param {string[]} required
 * @param {string[]} optional
 * @returns {Record<string, unknown>}
 */
function members(value, required, optional = []) {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  ensure(isObject, "notEvidence");
  const found = Object.keys(value);
  const isKnown = found.every((name) => required.includes(name) || optional.includes(name));
  ensure(isKnown && required.every((name) => found.includes(name)), "notEvidence");
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  ensure(typeof value === "string" && !LONE.test(value), "notEvidence");
  return value;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function hexadecimal(value) {
  ensure(typeof value === "string" && HEX.test(value), "notEvidence");
  return value;
}

/**
 * @param {unknown} value
 * @returns {number}
 */
function number(value) {
  ensure(typeof value === "number" && Number.isSafeInteger(value) && value >= 0, "notEvidence");
  return value;
}

/** @param {string} checked */
const bytesOf = (checked) => /** @type {Bytes} */ (fromHex(checked));

/**
 * @param {unknown} value
 * @returns {HeadShown}
 */
function headShown(value) {
  const found = members(value, ["height", "size", "root"], ["header", "seal", "checkpoint"]);
  return {
    height: number(found["height"]),
    size: number(found["size"]),
    root: hexadecimal(found["root"]),
    header: hexadecimal("header" in found ? found["header"] : ""),
    seal: hexadecimal("seal" in found ? found["seal"] : ""),
    checkpoint: text("checkpoint" in found ? found["checkpoint"] : ""),
  };
}

/** @param {Bytes} bytes */
function read(bytes) {
  ensure(bytes.length <= EVIDENCE_BYTES_MAX, "notEvidence");
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Refused("notEvidence");
  }
  const found = members(value, MEMBERS);
  const { format, kind, path } = found;
  ensure(format === FORMAT && (kind === "fork" || kind === "rollback"), "notEvidence");
  ensure(Array.isArray(path) && path.length <= PATH_MAX, "notEvidence");
  const witness = members(found["witness"], ["name", "public"]);
  return {
    format,
    kind: /** @type {"fork" | "rollback"} */ (kind),
    chain: hexadecimal(found["chain"]),
    why: text(found["why"]),
    first: headShown(found["first"]),
    second: headShown(found["second"]),
    prefix_root: hexadecimal(found["prefix_root"]),
    path: path.map(hexadecimal),
    observed_s: number(found["observed_s"]),
    witness: { name: text(witness["name"]), public: text(witness["public"]) },
    signature: hexadecimal(found["signature"]),
  };
}

/** @typedef {ReturnType<typeof read>} Evidence */

/**
 * Write a value as JSON with the members of objects in order of name.
 * @param {unknown} value
 * @returns {string}
 */
function sorted(value) {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${sorted(each)}`).join(",")}}`;
}

/**
 * @param {Trust} trust
 * @param {HeadShown} shown
 * @returns {Head}
 */
function headOfHeader(trust, shown) {
  const bytes = bytesOf(shown.header);
  const decoded = msgpack.decode(bytes, headerShape);
  ensure(decoded.version === 1 && equal(decoded.chain, trust.chain), "otherChain");
  verifySeal(trust, decoded.height, bytes, bytesOf(shown.seal));
  return {
    height: decoded.height,
    size: decoded.logSize,
    root: decoded.logRoot,
    headerHash: toHex(trust.hash(TAGS.header, bytes)),
  };
}

/**
 * Return a head once the operator's signature under it holds.
 * @param {Trust} trust
 * @param {HeadShown} shown
 */
function openHead(trust, shown) {
  const head =
    shown.checkpoint === ""
      ? headOfHeader(trust, shown)
      : openByOperator(trust, new TextEncoder().encode(shown.checkpoint));
  const isAsSaid = head.height === shown.height && head.size === shown.size;
  ensure(isAsSaid && toHex(head.root) === shown.root, "otherHead");
  return head;
}

/**
 * Tell whether the trust file names the witness; its signature must then hold.
 * @param {Trust} trust
 * @param {Evidence} evidence
 */
function isKnownWitness(trust, evidence) {
  const { name, public: shown } = evidence.witness;
  const found = trust.witnesses.find(
    (each) => each.name === name && toHex(each.key) === shown.toLowerCase(),
  );
  if (found === undefined) return false;
  const message = join(TAG, new TextEncoder().encode(sorted({ ...evidence, signature: "" })));
  const holds = SUITES["ed25519"].holds(found.key, message, bytesOf(evidence.signature));
  ensure(holds, "badWitness");
  return true;
}

/**
 * Check that two heads cannot be of one history.
 * @param {Trust} trust
 * @param {Evidence} evidence
 * @param {Head} first
 * @param {Head} second
 */
function contradict(trust, evidence, first, second) {
  if (first.height === second.height && first.headerHash !== second.headerHash) return;
  const [shorter, longer] = second.size < first.size ? [second, first] : [first, second];
  const prefix = bytesOf(evidence.prefix_root);
  const path = evidence.path.map(bytesOf);
  const root = consistencyRoot(trust.hash, shorter.size, longer.size, prefix, path);
  ensure(equal(root, longer.root), "notPrefix");
  ensure(!equal(prefix, shorter.root), "noFork");
}

/**
 * Verify a file of evidence against a trust file.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @returns {Proven}
 * @throws {Refused} where it proves nothing
 */
export function verifyEvidence(bytes, trust) {
  const evidence = read(bytes);
  ensure(evidence.chain === toHex(trust.chain), "otherChain");
  const [first, second] = [openHead(trust, evidence.first), openHead(trust, evidence.second)];
  const isKnown = isKnownWitness(trust, evidence);
  const { kind, why } = evidence;
  if (kind === "fork") {
    contradict(trust, evidence, first, second);
  } else {
    const isOlder =
      second.height < first.height || (second.height === first.height && second.size < first.size);
    ensure(isOlder, "notOlder");
    ensure(isKnown, "unknownWitness");
  }
  return { kind, why, first, second, witness: evidence.witness.name, isKnown };
}
