/** Files that show a transaction not to be in the log between two heights (format, section 21). */

import * as bounds from "./bounds.mjs";
import { ascii, equal } from "./bytes.mjs";
import { Peaks } from "./merkle.mjs";
import * as msgpack from "./msgpack.mjs";
import { ensure } from "./reasons.mjs";
import { verifyReceipt } from "./receipt.mjs";
import { Steps, VerificationFailed } from "./steps.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./steps.mjs").Step} Step */
/** @typedef {import("./trust.mjs").Trust} Trust */
/** @typedef {{id: Bytes, earlier: Header, later: Header, steps: Step[]}} Unseen */

const MAGIC = ascii("tongjian/not-seen/1\n");

const shape = msgpack.record({
  id: bounds.hash,
  earlier: msgpack.byteString(1, bounds.NOT_SEEN_RECEIPT_BYTES_MAX),
  later: msgpack.byteString(1, bounds.NOT_SEEN_RECEIPT_BYTES_MAX),
  nodes: msgpack.list(bounds.hash, 0, bounds.PATH_MAX),
  entries: msgpack.list(
    msgpack.byteString(0, bounds.LOG_ENTRY_BYTES_MAX),
    0,
    bounds.NOT_SEEN_ENTRIES_MAX,
  ),
});

const entryShape = msgpack.record({
  id: bounds.hash,
  outcome: msgpack.text(/^/, bounds.LOG_ENTRY_BYTES_MAX),
  events: bounds.hash,
});

/**
 * Tell whether a file says of itself that it is one of these.
 * @param {Bytes} bytes
 */
export function isNotSeen(bytes) {
  return equal(bytes.subarray(0, MAGIC.length), MAGIC);
}

/**
 * Verify that a transaction is not among the entries between two heads.
 * @param {Bytes} bytes
 * @param {Trust} trust
 * @param {number | null} notBeforeMs since 1970: the later head must not be older
 * @param {number | null} nowMs by a clock that is trusted, for the trust period of a network
 * @returns {Unseen}
 * @throws {VerificationFailed}
 */
export function verifyNotSeen(bytes, trust, notBeforeMs = null, nowMs = null) {
  const steps = new Steps();
  const file = steps.run("form", () => {
    ensure(isNotSeen(bytes) && bytes.length <= bounds.NOT_SEEN_BYTES_MAX, "notNotSeen");
    return msgpack.decode(bytes.subarray(MAGIC.length), shape);
  });
  steps.pass({ title: "form" });
  const earlier = headOf(steps, "earlier head", () =>
    verifyReceipt(file.earlier, trust, null, nowMs),
  );
  steps.pass({ title: "earlier head", height: earlier.height, timeMs: earlier.timeMs });
  const later = headOf(steps, "later head", () =>
    verifyReceipt(file.later, trust, notBeforeMs, nowMs),
  );
  steps.run("later head", () => ensure(earlier.height <= later.height, "headsBackwards"));
  steps.pass({ title: "later head", height: later.height, timeMs: later.timeMs });
  steps.run("absence", () => {
    const log = new Peaks(trust.hash, earlier.logSize, file.nodes);
    ensure(equal(log.root(), earlier.logRoot), "logRootDiffers");
    for (const entry of file.entries) {
      ensure(!equal(msgpack.decode(entry, entryShape).id, file.id), "isThere");
      log.append(entry);
    }
    ensure(log.size === later.logSize && equal(log.root(), later.logRoot), "entriesDiffer");
  });
  const heights = { first: earlier.height, height: later.height };
  steps.pass({ title: "absence", transaction: file.id, ...heights });
  return { id: file.id, earlier, later, steps: steps.passed };
}

/**
 * Return the header of a receipt, which must hold as a whole.
 * @param {Steps} steps
 * @param {string} title
 * @param {() => import("./receipt.mjs").Verified} verify
 */
function headOf(steps, title, verify) {
  try {
    return verify().header;
  } catch (error) {
    if (!(error instanceof VerificationFailed)) throw error;
    const number = steps.passed.length + 1;
    throw new VerificationFailed(number, title, error.reason, error.why, steps.passed);
  }
}
