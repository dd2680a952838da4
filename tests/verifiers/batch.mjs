/** Verdicts of the second verifier on many receipts: one JSON line in, one out. */

import { createInterface } from "node:readline";

import { ascii, fromHex, toHex } from "../../verifiers/js/src/bytes.mjs";
import { verifyContinued, verifyStated } from "../../verifiers/js/src/cose.mjs";
import { verifyEvidence } from "../../verifiers/js/src/evidence.mjs";
import { verifyNotSeen } from "../../verifiers/js/src/not_seen.mjs";
import { Refused } from "../../verifiers/js/src/reasons.mjs";
import { SUITES } from "../../verifiers/js/src/suites.mjs";
import { receiptInText } from "../../verifiers/js/src/text.mjs";
import { verifyReceipt } from "../../verifiers/js/src/receipt.mjs";
import { VerificationFailed } from "../../verifiers/js/src/steps.mjs";
import { TrustInvalid, readTrust } from "../../verifiers/js/src/trust.mjs";

const known = new Map();

function trustOf(text) {
  const trust = known.get(text) ?? readTrust(ascii(text));
  known.set(text, trust);
  return trust;
}

/** Questions of other kinds than about a receipt. */
const KINDS = {
  evidence: ({ evidence, trust }) => ({ proves: verifyEvidence(fromHex(evidence), trustOf(trust)).kind }),
  cose: ({ statement, trust }) => {
    const { steps } = verifyStated(fromHex(statement), trustOf(trust));
    return { titles: steps.map((step) => step.title) };
  },
  continued: ({ receipt, trust, size, root }) => {
    const kept = { size, root: fromHex(root) };
    return { second: verifyContinued(fromHex(receipt), trustOf(trust), kept).second.size };
  },
  unseen: ({ file, trust, not_before_ms: notBeforeMs }) => {
    const { steps } = verifyNotSeen(fromHex(file), trustOf(trust), notBeforeMs);
    return { titles: steps.map((step) => step.title) };
  },
  signature: ({ suite, public: key, message, signature }) => {
    const [bytes, ...given] = [key, message, signature].map(fromHex);
    return { held: SUITES[suite].isSoundKey(bytes) && SUITES[suite].holds(bytes, ...given) };
  },
  text: ({ text }) => {
    const found = receiptInText(text);
    return { found: found === null ? null : toHex(found) };
  },
};

function answer(asked) {
  try {
    return KINDS[asked.kind](asked);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.reason };
    if (error instanceof TrustInvalid) return { unusable: error.message };
    if (error instanceof VerificationFailed) return { step: error.step, title: error.title, why: error.why };
    return { broken: String(error.stack) };
  }
}

function verdict({ receipt, trust, not_before_ms: notBeforeMs }) {
  try {
    const verified = verifyReceipt(fromHex(receipt), trustOf(trust), notBeforeMs);
    return { titles: verified.steps.map((step) => step.title) };
  } catch (error) {
    if (error instanceof TrustInvalid) return { unusable: error.message };
    if (!(error instanceof VerificationFailed)) return { broken: String(error.stack) };
    return { step: error.step, title: error.title, why: error.why };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(asked.kind === undefined ? verdict(asked) : answer(asked)));
}
