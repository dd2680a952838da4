/** Receipts, verified step by step (format, section 8). */

import * as bounds from "./bounds.mjs";
import { equal, join } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { holds, keyId } from "./ed25519.mjs";
import { TAGS } from "./hash.mjs";
import { header } from "./header.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { stateProof, verifyState } from "./state.mjs";
import { statement, verifyStatement } from "./statements.mjs";
import { sealKeyAt } from "./trust.mjs";
import { verifyWitnesses } from "./witnesses.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./reasons.mjs").Reason} Reason */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./statements.mjs").Statement} Statement */
/** @typedef {import("./trust.mjs").Trust} Trust */

/** A step that does not hold; the steps before it did. */
export class VerificationFailed extends Error {
  /**
   * @param {number} step
   * @param {string} title
   * @param {Reason} reason
   * @param {string} why
   * @param {Step[]} passed
   */
  constructor(step, title, reason, why, passed) {
    super(`step ${step}, ${title}: ${why}`);
    this.name = "VerificationFailed";
    this.step = step;
    this.title = title;
    this.reason = reason;
    this.why = why;
    this.passed = passed;
  }
}

const proofs = msgpack.record({
  state: msgpack.optional(stateProof),
  statements: msgpack.list(statement, 1, bounds.STATEMENTS_MAX),
});

/**
 * Return what a seal of suite 1 signs: the Sig_structure of RFC 9052, 4.4.
 * @param {Trust} trust
 * @param {Bytes} guarded
 * @param {Bytes} payload
 */
function sealedBytes(trust, guarded, payload) {
  return cbor.encodeArray(
    cbor.encodeText("Signature1"),
    cbor.encodeBytes(guarded),
    cbor.encodeBytes(join(TAGS.header, trust.chain)),
    cbor.encodeBytes(payload),
  );
}

/**
 * @param {Trust} trust
 * @param {number} height
 * @param {ReturnType<typeof cbor.readSign1>} parts
 * @returns {Bytes} the id of the key
 */
function verifySeal(trust, height, { guarded, payload, signature }) {
  const sealKey = sealKeyAt(trust, height);
  if (sealKey === undefined) throw new Refused("noSealKey");
  const id = keyId(trust.hash, sealKey);
  const expected = join(Uint8Array.of(0xa2, 0x01, 0x27, 0x04, 0x50), id);
  ensure(equal(guarded, expected), "otherSealKey");
  ensure(holds(sealKey, sealedBytes(trust, guarded, payload), signature), "badSignature");
  return id;
}

/**
 * @typedef {{number: number, title: "form"}
 *   | {number: number, title: "chain", label: string, height: number}
 *   | {number: number, title: "seal", keyId: Bytes}
 *   | {number: number, title: "state", entries: number}
 *   | {number: number, title: "row", height: number, written: number}
 *   | {number: number, title: "absence", height: number}
 *   | {number: number, title: "range", height: number, rows: number}
 *   | {number: number, title: "transaction", index: number, outcome: string}
 *   | {number: number, title: "witnesses", signed: string[], quorum: number}} Step
 */
/** @typedef {{header: Header, headerHash: Bytes, steps: Step[], statements: Statement[]}} Verified */

/** Counts the steps that held, and names the one that did not. */
class Steps {
  /** @type {Step[]} */
  passed = [];

  /**
   * @template T
   * @param {string} title
   * @param {() => T} check
   */
  run(title, check) {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const number = this.passed.length + 1;
      throw new VerificationFailed(number, title, error.reason, error.message, this.passed);
    }
  }

  /** @param {Record<string, unknown> & {title: Step["title"]}} step */
  pass(step) {
    const numbered = { number: this.passed.length + 1, ...step };
    this.passed.push(/** @type {Step} */ (/** @type {unknown} */ (numbered)));
  }
}

/**
 * Verify a receipt against a trust file.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @returns {Verified}
 * @throws {VerificationFailed}
 */
export function verifyReceipt(bytes, trust) {
  const steps = new Steps();
  const parts = steps.run("form", () => {
    ensure(bytes.length <= bounds.RECEIPT_BYTES_MAX, "tooLarge");
    return cbor.readSign1(bytes);
  });
  steps.pass({ title: "form" });

  const head = steps.run("chain", () => {
    const decoded = msgpack.decode(parts.payload, header);
    ensure(decoded.version === 1, "outOfBounds");
    ensure(equal(decoded.chain, trust.chain), "otherChain");
    return decoded;
  });
  steps.pass({ title: "chain", label: trust.label, height: head.height });

  const id = steps.run("seal", () => verifySeal(trust, head.height, parts));
  steps.pass({ title: "seal", keyId: id });

  const { state, statements } = steps.run("statements", () => msgpack.decode(parts.proofs, proofs));
  if (state !== null) {
    steps.run("state", () => verifyState(trust.hash, state, head.stateRoot));
    steps.pass({ title: "state", entries: state.entries.length });
  }
  const context = { trust, header: head, entries: state?.entries ?? [] };
  const proven = statements.map((shown) => {
    const found = steps.run(shown.kind, () => verifyStatement(context, shown));
    steps.pass(stepOf(found, head.height));
    return found;
  });

  const headerHash = trust.hash(TAGS.header, parts.payload);
  if (parts.cosigned !== null || trust.quorum > 0) {
    const signed = steps.run("witnesses", () =>
      verifyWitnesses(trust, head, headerHash, parts.cosigned),
    );
    steps.pass({ title: "witnesses", signed, quorum: trust.quorum });
  }
  return { header: head, headerHash, steps: steps.passed, statements: proven };
}

/**
 * @param {Statement} found
 * @param {number} height
 */
function stepOf(found, height) {
  switch (found.kind) {
    case "row":
      return { title: found.kind, height, written: found.row.height };
    case "absence":
      return { title: found.kind, height };
    case "range":
      return { title: found.kind, height, rows: found.rows.length };
    case "transaction":
      return { title: found.kind, index: found.index, outcome: found.outcome };
  }
}
