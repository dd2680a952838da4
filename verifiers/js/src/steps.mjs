/** Steps of a verification: those that held, and the one that did not. */

import { Refused } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./reasons.mjs").Reason} Reason */

/**
 * @typedef {{number: number, title: "form"}
 *   | {number: number, title: "chain", label: string, height: number}
 *   | {number: number, title: "seal", keyId: Bytes,
 *      sealed: import("./network.mjs").Sealed | null}
 *   | {number: number, title: "state", entries: number}
 *   | {number: number, title: "row", height: number, written: number}
 *   | {number: number, title: "absence", height: number, transaction?: Bytes, first?: number}
 *   | {number: number, title: "earlier head" | "later head", height: number, timeMs: number}
 *   | {number: number, title: "range", height: number, rows: number}
 *   | {number: number, title: "transaction", index: number, outcome: string}
 *   | {number: number, title: "decision", height: number, rows: number, transactions: number}
 *   | {number: number, title: "consistency", size: number, root: Bytes, logSize: number}
 *   | {number: number, title: "fresh", notBeforeMs: number}
 *   | {number: number, title: "witnesses", signed: string[], quorum: number}
 *   | {number: number, title: "kept", size: number, height: number}
 *   | {number: number, title: "statement", keyId: Bytes}
 *   | {number: number, title: "entry", id: Bytes, outcome: string}
 *   | {number: number, title: "receipt", index: number, size: number, signed: string[]}
 *   | {number: number, title: "check"}} Step
 */

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

/** Counts the steps that held, and names the one that did not. */
export class Steps {
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
