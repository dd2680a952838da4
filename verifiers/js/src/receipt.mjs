/** Receipts, verified step by step (format, sections 8, 19 and 20). */

import * as bounds from "./bounds.mjs";
import { equal } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { verifyCheck } from "./check.mjs";
import { TAGS } from "./hash.mjs";
import { header } from "./header.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { verifySeal } from "./seal.mjs";
import { stateProof, verifyState } from "./state.mjs";
import { statement, verifyStatement } from "./statements.mjs";
import { verifyWitnesses } from "./witnesses.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./reasons.mjs").Reason} Reason */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./statements.mjs").Statement} Statement */
/** @typedef {import("./statements.mjs").Earlier} Earlier */
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
 * @typedef {{number: number, title: "form"}
 *   | {number: number, title: "chain", label: string, height: number}
 *   | {number: number, title: "seal", keyId: Bytes,
 *      sealed: import("./network.mjs").Sealed | null}
 *   | {number: number, title: "state", entries: number}
 *   | {number: number, title: "row", height: number, written: number}
 *   | {number: number, title: "absence", height: number}
 *   | {number: number, title: "range", height: number, rows: number}
 *   | {number: number, title: "transaction", index: number, outcome: string}
 *   | {number: number, title: "decision", height: number, rows: number, transactions: number}
 *   | {number: number, title: "consistency", size: number, root: Bytes, logSize: number}
 *   | {number: number, title: "fresh", notBeforeMs: number}
 *   | {number: number, title: "witnesses", signed: string[], quorum: number}
 *   | {number: number, title: "check"}} Step
 */
/**
 * @typedef {{header: Header, headerHash: Bytes, steps: Step[], statements: Statement[],
 *   earlier: Earlier[]}} Verified `earlier`: heads that the log was shown to continue
 */

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
 * @param {number | null} notBeforeMs since 1970: the header must not be older
 * @returns {Verified}
 * @throws {VerificationFailed}
 */
export function verifyReceipt(bytes, trust, notBeforeMs = null) {
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

  const { payload, signature, guarded } = parts;
  const seal = steps.run("seal", () =>
    verifySeal(trust, head.height, payload, signature, guarded),
  );
  steps.pass({ title: "seal", ...seal });

  const { state, statements } = steps.run("statements", () => msgpack.decode(parts.proofs, proofs));
  if (state !== null) {
    steps.run("state", () => verifyState(trust.hash, state, head.stateRoot));
    steps.pass({ title: "state", entries: state.entries.length });
  }
  const context = { trust, header: head, entries: state?.entries ?? [] };
  /** @type {(Statement | Earlier)[]} */
  const proven = [];
  for (const shown of statements) {
    const found = steps.run(shown.kind, () => verifyStatement(context, shown, proven.at(-1)));
    steps.pass(stepOf(found, head));
    proven.push(found);
  }

  const headerHash = trust.hash(TAGS.header, parts.payload);
  if (parts.cosigned !== null || trust.quorum > 0) {
    const signed = steps.run("witnesses", () =>
      verifyWitnesses(trust, head, headerHash, parts.cosigned),
    );
    steps.pass({ title: "witnesses", signed, quorum: trust.quorum });
  }
  if (notBeforeMs !== null) {
    steps.run("fresh", () => ensure(head.timeMs >= notBeforeMs, "tooOld"));
    steps.pass({ title: "fresh", notBeforeMs });
  }
  steps.run("check", () => verifyCheck(trust.hash, bytes, parts.check));
  steps.pass({ title: "check" });
  const earlier = proven.filter((each) => each.kind === "consistency");
  const rest = proven.filter((each) => each.kind !== "consistency");
  return { header: head, headerHash, steps: steps.passed, statements: rest, earlier };
}

/**
 * @param {Statement | Earlier} found
 * @param {Header} header
 */
function stepOf(found, { height, logSize }) {
  switch (found.kind) {
    case "row":
      return { title: found.kind, height, written: found.row.height };
    case "absence":
      return { title: found.kind, height };
    case "range":
      return { title: found.kind, height, rows: found.rows.length };
    case "transaction":
      return { title: found.kind, index: found.index, outcome: found.outcome };
    case "decision": {
      const { rows, transactions } = found;
      return { title: found.kind, height: found.height, rows, transactions };
    }
    case "consistency":
      return { title: found.kind, size: found.size, root: found.root, logSize };
  }
}
