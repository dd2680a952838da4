/** Decision statements (format, section 16): all that a transaction was decided from. */

import * as bounds from "./bounds.mjs";
import { equal } from "./bytes.mjs";
import { TAGS } from "./hash.mjs";
import { header as headerShape } from "./header.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { stateBefore, verifyState } from "./state.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./statements.mjs").Context} Context */
/** @typedef {import("./statements.mjs").Statement} Statement */
/**
 * @typedef {{kind: "row", fields: {entry: number, value: Bytes}}
 *   | {kind: "absence", fields: {key: Bytes, entry: number}}} WrittenShown
 */

const key = msgpack.byteString(0, bounds.KEY_BYTES_MAX);
const value = msgpack.byteString(0, bounds.VALUE_BYTES_MAX);
const position = msgpack.integer(bounds.ENTRIES_MAX);

/** A row that was written or removed: a statement of kind row or absence. */
const WRITTEN = { row: { entry: position, value }, absence: { key, entry: position } };

/** @type {msgpack.Shape<WrittenShown>} */
const written = (reader) => {
  const count = reader.array();
  ensure(count === 3, "notAllowed");
  const kind = reader.text();
  ensure(kind === "row" || kind === "absence", "notAllowed");
  const shapes = Object.entries(WRITTEN[kind]);
  const fields = Object.fromEntries(shapes.map(([name, shape]) => [name, shape(reader)]));
  return /** @type {WrittenShown} */ ({ kind, fields });
};

const code = msgpack.record({
  service: msgpack.text(/^[a-z][a-z0-9_]*$/, 64),
  version: msgpack.integer(10_000),
  digest: bounds.hash,
});

/** Fields of the statement, after its kind. */
export const FIELDS = {
  previous: msgpack.byteString(0, bounds.HEADER_BYTES_MAX),
  before: stateBefore,
  values: msgpack.list(msgpack.optional(value), 0, bounds.DECISION_ENTRIES_MAX),
  envelopes: msgpack.list(
    msgpack.byteString(0, bounds.ENVELOPE_BYTES_MAX),
    0,
    bounds.BLOCK_TRANSACTIONS_MAX,
  ),
  until: msgpack.integer(bounds.BLOCK_TRANSACTIONS_MAX),
  written: msgpack.list(written, 0, bounds.ENTRIES_MAX),
  code: msgpack.list(code, 0, bounds.CODE_MAX),
};

const envelope = msgpack.record({
  body: msgpack.byteString(0, bounds.TRANSACTION_BYTES_MAX),
  signatures: msgpack.list(msgpack.byteString(64, 8192), 1, 16),
});

/**
 * Return the header before, which the receipt's header names by its hash.
 * @param {Context} context
 * @param {Bytes} bytes
 * @returns {Header}
 */
function headerBefore({ trust, header }, bytes) {
  const previous = msgpack.decode(bytes, headerShape);
  ensure(previous.version === 1, "outOfBounds");
  ensure(equal(trust.hash(TAGS.header, bytes), header.previous), "otherHeaderBefore");
  return previous;
}

/**
 * Check that the stated transaction is the one that had its turn in the block.
 * @param {Context} context
 * @param {Header} previous
 * @param {Extract<Statement, {kind: "transaction"}>} stated
 * @param {Bytes[]} envelopes
 * @param {number} until
 */
function checkTurn({ header }, previous, stated, envelopes, until) {
  const decided = header.logSize - previous.logSize;
  const timers = decided - envelopes.length;
  const turn = stated.index - previous.logSize;
  ensure(timers >= 0 && turn >= 0 && turn < decided, "notOfBlock");
  const at = turn - timers;
  const signed = at < 0 ? new Uint8Array() : msgpack.decode(envelopes[at], envelope).body;
  ensure(equal(signed, stated.transaction), "otherTurn");
  ensure(at < until && until <= envelopes.length, "otherTurn");
}

/**
 * Check a decision against the transaction stated before it.
 * @param {Context} context
 * @param {{[F in keyof typeof FIELDS]: ReturnType<(typeof FIELDS)[F]>}} shown
 * @param {Statement | import("./statements.mjs").Earlier | undefined} stated
 * @param {(context: Context, shown: WrittenShown) => unknown} verifyWritten
 * @returns {Statement}
 * @throws {Refused}
 */
export function verifyDecision(context, shown, stated, verifyWritten) {
  const { trust, header } = context;
  if (stated?.kind !== "transaction") throw new Refused("noTransactionBefore");
  const previous = headerBefore(context, shown.previous);
  verifyState(trust.hash, shown.before, previous.stateRoot);
  ensure(shown.values.length === shown.before.entries.length, "valueCount");
  shown.before.entries.forEach((entry, i) => {
    const row = shown.values[i];
    ensure(row === null || equal(trust.hash(row), entry.valueHash), "rowDiffers");
  });
  const batch = msgpack.encodeArray(shown.envelopes.map(msgpack.encodeBytes));
  ensure(equal(trust.hash(TAGS.batch, batch), header.batch), "otherBatch");
  checkTurn(context, previous, stated, shown.envelopes, shown.until);
  for (const one of shown.written) verifyWritten(context, one);
  return {
    kind: "decision",
    height: previous.height,
    rows: shown.values.filter((row) => row !== null).length,
    transactions: shown.envelopes.length,
    code: shown.code,
  };
}
