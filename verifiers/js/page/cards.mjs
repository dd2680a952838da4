/** Cards of the page: what each statement proves, what a log continues, who of a network sealed. */

import { toHex } from "../src/bytes.mjs";
import { showFields, showKey, showTransaction } from "../src/show.mjs";
import { facts, make, table } from "./dom.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {import("../src/receipt.mjs").Verified} Verified */
/** @typedef {import("../src/statements.mjs").Statement} Statement */
/** @typedef {import("../src/steps.mjs").Step} Step */
/** @typedef {(word: string) => string} Speak */

/**
 * Show a record as its fields, one a line; bytes that are none in hexadecimal.
 * @param {Speak} speak
 * @param {Bytes} value
 */
function fieldTable(speak, value) {
  const fields = showFields(value) ?? [];
  const lines = fields.map((field, index) => [String(index + 1), field]);
  const raw = make("p", {}, make("code", {}, toHex(value)));
  const details = make("details", {}, make("summary", {}, speak("hexadecimal")), raw);
  const heads = [speak("field"), speak("value")];
  return make("div", {}, table(speak("fields"), heads, lines), details);
}

/**
 * @param {Speak} speak
 * @param {Extract<Statement, {kind: "transaction"}>} found
 */
function transactionCard(speak, found) {
  const { id, outcome, index, transaction, events } = found;
  const shown = showTransaction(transaction);
  const said = outcome === "" ? speak("committed") : `${speak("refused")}${speak("colon")}${outcome}`;
  /** @type {[string, string][]} */
  const lines = [
    [speak("id"), toHex(id)],
    [speak("outcome"), said],
    [speak("place"), String(index)],
  ];
  if (transaction.length === 0) lines.push([speak("signer"), speak("deadline")]);
  for (const signer of shown?.signers ?? []) lines.push([speak("signer"), signer]);
  for (const act of shown?.acts ?? []) lines.push([speak("act"), act.join(" | ")]);
  for (const event of events) {
    lines.push([speak("event"), showFields(event)?.join(" | ") ?? toHex(event)]);
  }
  return [make("h3", {}, speak("transaction")), facts(lines)];
}

/**
 * @param {Speak} speak
 * @param {Extract<Statement, {kind: "range"}>} found
 */
function rangeCard(speak, found) {
  const lines = found.rows.map(({ key, value, height }) => [
    showKey(key),
    showFields(value)?.join(" | ") ?? toHex(value),
    String(height),
  ]);
  const from = `${speak("rangeFrom")} ${showKey(found.low)}`;
  const below = `${speak("rangeBelow")} ${showKey(found.high)}`;
  const heads = [speak("key"), speak("fields"), speak("written")];
  const caption = `${from} · ${below} (${lines.length})`;
  return [make("h3", {}, speak("range")), table(caption, heads, lines)];
}

/**
 * @param {Speak} speak
 * @param {Statement} found
 */
export function statementCard(speak, found) {
  switch (found.kind) {
    case "row":
      return [
        make("h3", {}, `${speak("row")} ${showKey(found.row.key)}`),
        fieldTable(speak, found.row.value),
      ];
    case "absence":
      return [make("h3", {}, speak("absence")), make("p", {}, make("code", {}, showKey(found.key)))];
    case "range":
      return rangeCard(speak, found);
    case "decision": {
      const heads = [speak("service"), speak("version"), speak("digest")];
      const lines = found.code.map((one) => [one.service, String(one.version), toHex(one.digest)]);
      return [make("h3", {}, speak("decision")), table(speak("decidedBy"), heads, lines)];
    }
    case "transaction":
      return transactionCard(speak, found);
  }
}

/**
 * A head that this log continues, beside its own.
 * @param {Speak} speak
 * @param {{size: number, root: Bytes}} first
 * @param {{size: number, root: Bytes}} second
 * @param {boolean} isKept by whoever verifies
 */
export function continuedCard(speak, first, second, isKept) {
  const heads = ["", speak("logSize"), speak("logRoot")];
  /** @param {{size: number, root: Bytes}} log */
  const line = ({ size, root }) => [String(size), toHex(root)];
  const lines = [
    [make("span.whole", {}, speak("earlierHead")), ...line(first)],
    [make("span.whole", {}, speak("thisHead")), ...line(second)],
  ];
  return [
    make("h3", {}, speak("consistency")),
    make("p", {}, speak(isKept ? "continuedKept" : "continuedShown")),
    table(speak("twoLogs"), heads, lines),
  ];
}

/**
 * @param {Speak} speak
 * @param {Verified} verified
 */
export function continuedCards(speak, { header, earlier, steps: passed }) {
  const own = { size: header.logSize, root: header.logRoot };
  const kept = passed.find((step) => step.title === "kept");
  return earlier.flatMap((each) => continuedCard(speak, each, own, kept?.size === each.size));
}

/**
 * The validators of a network that sealed.
 * @param {Speak} speak
 * @param {Step[]} passed
 */
export function networkCard(speak, passed) {
  const seal = passed.find((step) => step.title === "seal");
  if (seal === undefined || seal.sealed === null) return [];
  const { height, signed, power, validators, voted, steps: followed } = seal.sealed;
  return [
    make(
      "section.card",
      {},
      make("h2", {}, speak("network")),
      facts([
        [speak("validators"), `${voted} / ${validators}`],
        [speak("power"), `${signed} / ${power} (${((100 * signed) / power).toFixed(1)} %)`],
        [speak("needed"), `> ${speak("twoThirds")}`],
        [speak("engineHeight"), String(height)],
        [speak("followed"), String(followed - 1)],
        [speak("setKey"), toHex(seal.keyId)],
      ]),
      make("p.hint", {}, speak("networkNote")),
    ),
  ];
}
