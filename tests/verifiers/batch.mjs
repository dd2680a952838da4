/** Verdicts of the second verifier on many receipts: one JSON line in, one out. */

import { createInterface } from "node:readline";

import { ascii, fromHex } from "../../verifiers/js/src/bytes.mjs";
import { VerificationFailed, verifyReceipt } from "../../verifiers/js/src/receipt.mjs";
import { TrustInvalid, readTrust } from "../../verifiers/js/src/trust.mjs";

const known = new Map();

function trustOf(text) {
  const trust = known.get(text) ?? readTrust(ascii(text));
  known.set(text, trust);
  return trust;
}

function verdict({ receipt, trust }) {
  try {
    const verified = verifyReceipt(fromHex(receipt), trustOf(trust));
    return { titles: verified.steps.map((step) => step.title) };
  } catch (error) {
    if (error instanceof TrustInvalid) return { unusable: error.message };
    if (!(error instanceof VerificationFailed)) return { broken: String(error.stack) };
    return { step: error.step, title: error.title, why: error.why };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(verdict(JSON.parse(line))));
}
