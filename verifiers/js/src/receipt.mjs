/** Receipts, verified step by step (format, sections 8, 19 and 20). */

import * as bounds from "./bounds.mjs";
import { equal } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { verifyCheck } from "./check.mjs";
import { TAGS } from "./hash.mjs";
import { header } from "./header.mjs";
import * as msgpack from "./msgpack.mjs";
import { ensure } from "./reasons.mjs";
import { verifySeal } from "./seal.mjs";
import { stateProof, verifyState } from "./state.mjs";
import { statement, verifyStatement } from "./statements.mjs";
import { Steps } from "./steps.mjs";
import { isTrusted } from "./trust.mjs";
import { verifyWitnesses } from "./witnesses.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./statements.mjs").Statement} Statement */
/** @typedef {import("./statements.mjs").Earlier} Earlier */
/** @typedef {import("./steps.mjs").Step} Step */
/** @typedef {import("./trust.mjs").Trust} Trust */

const proofs = msgpack.record({
  state: msgpack.optional(stateProof),
  statements: msgpack.list(statement, 1, bounds.STATEMENTS_MAX),
});

/**
 * @typedef {{header: Header, headerHash: Bytes, steps: Step[], statements: Statement[],
 *   earlier: Earlier[]}} Verified `earlier`: heads that the log was shown to continue
 */

/**
 * Verify a receipt against a trust file.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @param {number | null} notBeforeMs since 1970: the header must not be older
 * @param {number | null} nowMs by a clock that is trusted, for the trust period of a network
 * @returns {Verified}
 * @throws {VerificationFailed}
 */
export function verifyReceipt(bytes, trust, notBeforeMs = null, nowMs = null) {
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
  const seal = steps.run("seal", () => {
    const found = verifySeal(trust, head.height, payload, signature, guarded);
    const isOfNetwork = found.sealed !== null && nowMs !== null;
    ensure(!isOfNetwork || isTrusted(trust, head.timeMs, nowMs), "trustTooOld");
    return found;
  });
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
