/** The statements that a receipt can make, and when each holds (format, sections 8, 16 and 18). */

import * as bounds from "./bounds.mjs";
import { compare, equal } from "./bytes.mjs";
import { FIELDS as DECISION, verifyDecision } from "./decision.mjs";
import { TAGS } from "./hash.mjs";
import { consistencyRoot, inclusionRoot } from "./merkle.mjs";
import * as msgpack from "./msgpack.mjs";
import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./header.mjs").Header} Header */
/** @typedef {import("./state.mjs").Entry} Entry */
/** @typedef {import("./trust.mjs").Trust} Trust */

// ---------------------------------------------------------------------------------------- shapes

const key = msgpack.byteString(0, bounds.KEY_BYTES_MAX);
const value = msgpack.byteString(0, bounds.VALUE_BYTES_MAX);
const position = msgpack.integer(bounds.ENTRIES_MAX);

const FIELDS = {
  row: { entry: position, value },
  absence: { key, entry: position },
  range: {
    low: key,
    high: key,
    entries: msgpack.list(position, 1, bounds.ENTRIES_MAX),
    values: msgpack.list(value, 0, bounds.ENTRIES_MAX),
  },
  transaction: {
    transaction: msgpack.byteString(0, bounds.TRANSACTION_BYTES_MAX),
    id: bounds.hash,
    outcome: msgpack.text(/^[a-z0-9_/@]*$/, bounds.OUTCOME_CHARACTERS_MAX),
    events: msgpack.list(value, 0, bounds.EVENTS_MAX),
    index: msgpack.integer(bounds.NUMBER_MAX),
    path: msgpack.list(bounds.hash, 0, bounds.PATH_MAX),
  },
  decision: DECISION,
  consistency: {
    size: msgpack.integer(bounds.NUMBER_MAX),
    root: bounds.hash,
    path: msgpack.list(bounds.hash, 0, bounds.PATH_MAX),
  },
};

/** @typedef {keyof typeof FIELDS} Kind */
/**
 * @template {Kind} K
 * @typedef {{[F in keyof (typeof FIELDS)[K]]: (typeof FIELDS)[K][F] extends
 *   import("./msgpack.mjs").Shape<infer T> ? T : never}} FieldsOf
 */
/** @typedef {{[K in Kind]: {kind: K, fields: FieldsOf<K>}}[Kind]} Shown */

/** @type {import("./msgpack.mjs").Shape<Shown>} */
export const statement = (reader) => {
  const count = reader.array();
  ensure(count > 0, "unknownStatement");
  const kind = reader.text();
  ensure(Object.hasOwn(FIELDS, kind), "unknownStatement");
  const shapes = Object.entries(FIELDS[/** @type {Kind} */ (kind)]);
  ensure(count === shapes.length + 1, "notAllowed");
  const fields = Object.fromEntries(shapes.map(([name, shape]) => [name, shape(reader)]));
  return /** @type {Shown} */ ({ kind, fields });
};

// ---------------------------------------------------------------------------------- verification

/** @typedef {{key: Bytes, value: Bytes, height: number}} Row `height`: of the block that wrote it */
/**
 * @typedef {{kind: "consistency", size: number, root: Bytes}} Earlier a head that the log continues
 */
/**
 * @typedef {{kind: "row", row: Row}
 *   | {kind: "absence", key: Bytes}
 *   | {kind: "range", low: Bytes, high: Bytes, rows: Row[]}
 *   | {kind: "transaction", id: Bytes, transaction: Bytes, outcome: string, events: Bytes[],
 *      index: number}
 *   | {kind: "decision", height: number, rows: number, transactions: number,
 *      code: {service: string, version: number, digest: Bytes}[]}} Statement
 */
/** @typedef {{trust: Trust, header: Header, entries: Entry[]}} Context what earlier steps proved */

/**
 * @param {Context} context
 * @param {number} index
 * @returns {Entry}
 */
function entryAt({ entries }, index) {
  const entry = entries[index];
  if (entry === undefined) throw new Refused("entryNotShown");
  return entry;
}

/**
 * @param {Context} context
 * @param {Entry} entry
 * @param {Bytes} shown
 * @returns {Row}
 */
function rowOf({ trust }, entry, shown) {
  ensure(equal(trust.hash(shown), entry.valueHash), "rowDiffers");
  return { key: entry.key, value: shown, height: entry.height };
}

/**
 * @param {Context} context
 * @param {FieldsOf<"row">} shown
 * @returns {Statement}
 */
function verifyRow(context, shown) {
  return { kind: "row", row: rowOf(context, entryAt(context, shown.entry), shown.value) };
}

/**
 * @param {Context} context
 * @param {FieldsOf<"absence">} shown
 * @returns {Statement}
 */
function verifyAbsence(context, shown) {
  const before = entryAt(context, shown.entry);
  ensure(compare(before.key, shown.key) < 0, "keyNotEnclosed");
  ensure(before.next.length === 0 || compare(before.next, shown.key) > 0, "keyNotEnclosed");
  return { kind: "absence", key: shown.key };
}

/**
 * @param {Context} context
 * @param {FieldsOf<"range">} shown
 * @returns {Statement}
 */
function verifyRange(context, { low, high, entries, values }) {
  const [before, ...within] = entries.map((index) => entryAt(context, index));
  ensure(before !== undefined && values.length === within.length, "valueCount");
  ensure(compare(before.key, low) < 0 && compare(low, high) <= 0, "rangeStart");
  let last = before;
  for (const entry of within) {
    ensure(equal(last.next, entry.key), "rangeGap");
    ensure(compare(low, entry.key) <= 0 && compare(entry.key, high) < 0, "rangeGap");
    last = entry;
  }
  ensure(last.next.length === 0 || compare(last.next, high) >= 0, "rangeEnd");
  const rows = within.map((entry, i) => rowOf(context, entry, values[i]));
  return { kind: "range", low, high, rows };
}

/**
 * @param {Context} context
 * @param {FieldsOf<"transaction">} shown
 * @returns {Statement}
 */
function verifyTransaction({ trust, header }, shown) {
  const { transaction, id, outcome, events, index, path } = shown;
  if (transaction.length > 0) {
    const named = trust.hash(TAGS.transaction, trust.chain, transaction);
    ensure(equal(named, id), "otherTransaction");
  }
  const digest = trust.hash(TAGS.events, msgpack.encodeArray(events.map(msgpack.encodeBytes)));
  const entry = msgpack.encodeArray([
    msgpack.encodeBytes(id),
    msgpack.encodeText(outcome),
    msgpack.encodeBytes(digest),
  ]);
  const root = inclusionRoot(trust.hash, entry, index, header.logSize, path);
  ensure(equal(root, header.logRoot), "logRootDiffers");
  return { kind: "transaction", id, transaction, outcome, events, index };
}

/**
 * @param {Context} context
 * @param {FieldsOf<"consistency">} shown
 * @returns {Earlier}
 */
function verifyConsistency({ trust, header }, { size, root, path }) {
  ensure(1 <= size && size <= header.logSize, "sizeOutside");
  const found = consistencyRoot(trust.hash, size, header.logSize, root, path);
  ensure(equal(found, header.logRoot), "logRootDiffers");
  return { kind: "consistency", size, root };
}

/**
 * Check one statement against what the steps before it proved.
 * @param {Context} context
 * @param {Shown} shown
 * @param {Statement | Earlier | undefined} before the statement before it
 * @returns {Statement | Earlier}
 * @throws {Refused}
 */
export function verifyStatement(context, shown, before = undefined) {
  switch (shown.kind) {
    case "row":
      return verifyRow(context, shown.fields);
    case "absence":
      return verifyAbsence(context, shown.fields);
    case "range":
      return verifyRange(context, shown.fields);
    case "transaction":
      return verifyTransaction(context, shown.fields);
    case "decision":
      return verifyDecision(context, shown.fields, before, verifyStatement);
    case "consistency":
      return verifyConsistency(context, shown.fields);
  }
}
