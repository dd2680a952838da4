/** Whatever a person may be handed: a receipt, a statement, a head, evidence. */

import { equal } from "./bytes.mjs";
import { coseKind, verifyContinued, verifyStated } from "./cose.mjs";
import { verifyEvidence } from "./evidence.mjs";
import { isCheckpoint, verifyHead } from "./heads.mjs";
import { mistakenFor } from "./mistaken.mjs";
import { isNotSeen, verifyNotSeen } from "./not_seen.mjs";
import { Refused } from "./reasons.mjs";
import { verifyReceipt } from "./receipt.mjs";
import { VerificationFailed } from "./steps.mjs";
import { openText } from "./text.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./heads.mjs").Head} Head */
/** @typedef {import("./trust.mjs").Trust} Trust */
/**
 * @typedef {{kind: "receipt", verified: import("./receipt.mjs").Verified}
 *   | {kind: "statement", stated: import("./cose.mjs").Stated}
 *   | {kind: "continued", continued: import("./cose.mjs").Continued}
 *   | {kind: "unseen", unseen: import("./not_seen.mjs").Unseen}
 *   | {kind: "head", head: Head}
 *   | {kind: "evidence", proven: import("./evidence.mjs").Proven}} Judged
 */
/**
 * @typedef {{notBeforeMs?: number | null, kept?: Bytes | null, nowMs?: number | null}} Demands `kept`: an earlier
 *   checkpoint, which the file must show to be continued
 */

const OPENING_BRACE = 0x7b;
const EVIDENCE = "tongjian-evidence/1";

/** What is lacking, or was asked of the wrong file: nothing was verified. */
export class Unusable extends Error {
  /**
   * @param {string} en
   * @param {string} zh
   */
  constructor(en, zh) {
    super(en);
    this.name = "Unusable";
    this.why = /** @type {[string, string]} */ ([en, zh]);
  }
}

/**
 * Return the head that its reader kept.
 * @param {Trust} trust
 * @param {Bytes | null} kept
 * @returns {Head | null}
 * @throws {Unusable}
 */
function keptHead(trust, kept) {
  try {
    return kept === null ? null : verifyHead(trust, kept);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [en, zh] = error.both;
    throw new Unusable(`the earlier head that you kept cannot be used: ${en}`, `您留存的账本头不可用：${zh}`);
  }
}

/**
 * Check that a receipt shows its log to begin with the head that was kept.
 * @param {import("./receipt.mjs").Verified} verified
 * @param {Head} head
 */
function expectContinued({ header, steps, earlier }, head) {
  const own = { size: header.logSize, root: header.logRoot };
  const isShown = [own, ...earlier].some(
    ({ size, root }) => size === head.size && equal(root, head.root),
  );
  const number = steps.length + 1;
  if (!isShown) {
    const refused = new Refused("notContinued");
    throw new VerificationFailed(number, "kept", refused.reason, refused.message, steps);
  }
  steps.push({ number, title: "kept", size: head.size, height: head.height });
}

/**
 * Verify a file of any kind against a trust file.
 * @param {Bytes} given
 * @param {Trust} trust
 * @param {Demands} demands
 * @returns {Judged}
 * @throws {VerificationFailed} where a step does not hold
 * @throws {Refused} where evidence or a head does not hold
 * @throws {Unusable} where something else is needed
 */
export function judge(given, trust, { notBeforeMs = null, kept = null, nowMs = null } = {}) {
  const head = keptHead(trust, kept);
  const mistaken = mistakenFor(given);
  if (mistaken !== null && !isKnownText(given)) {
    const { reason, message } = new Refused(mistaken);
    throw new VerificationFailed(1, "form", reason, message, []);
  }
  if (given[0] === OPENING_BRACE) {
    expectTimeless(notBeforeMs);
    return { kind: "evidence", proven: verifyEvidence(given, trust) };
  }
  if (isCheckpoint(given) && !isNotSeen(given)) {
    expectTimeless(notBeforeMs);
    return { kind: "head", head: verifyHead(trust, given) };
  }
  if (isNotSeen(given)) {
    return { kind: "unseen", unseen: verifyNotSeen(given, trust, notBeforeMs, nowMs) };
  }
  const bytes = openText(given);
  const cose = coseKind(bytes);
  if (cose === null) {
    const verified = verifyReceipt(bytes, trust, notBeforeMs, nowMs);
    if (head !== null) expectContinued(verified, head);
    return { kind: "receipt", verified };
  }
  expectTimeless(notBeforeMs);
  if (cose === "statement") return { kind: "statement", stated: verifyStated(bytes, trust) };
  if (head === null) {
    throw new Unusable(
      "a COSE receipt of consistency holds the way from an earlier head, not the head: give the " +
        "checkpoint that you kept as well",
      "COSE 一致性凭据只含自较早账本头而来的路径，不含该账本头：请一并提供您留存的检查点",
    );
  }
  return { kind: "continued", continued: verifyContinued(bytes, trust, head) };
}

/**
 * Tell whether a file without the first bytes of a receipt is one all the same, or goes to another.
 * @param {Bytes} given
 */
function isKnownText(given) {
  if (isCheckpoint(given) || isNotSeen(given) || isEvidence(given)) return true;
  return openText(given) !== given;
}

/** @param {Bytes} given */
function isEvidence(given) {
  return given[0] === OPENING_BRACE && new TextDecoder().decode(given).includes(EVIDENCE);
}

/** @param {number | null} notBeforeMs */
function expectTimeless(notBeforeMs) {
  if (notBeforeMs === null) return;
  throw new Unusable(
    "how fresh it is, only a receipt of the ledger says: this file has no time that is proven",
    "只有账本自身的凭据能说明是否新近：本文件没有经证明的时间",
  );
}
