/** A verdict as the page shows it. */

import { toHex } from "../src/bytes.mjs";
import { showFields, showKey, showTransaction } from "../src/show.mjs";
import { NOT_PROVEN, provesIn, reasonIn, say, titleIn } from "../src/words.mjs";
import { facts, make, table } from "./dom.mjs";
import { WORDS } from "./words.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {import("../src/steps.mjs").Step} Step */
/** @typedef {import("../src/receipt.mjs").Verified} Verified */
/** @typedef {import("../src/steps.mjs").VerificationFailed} VerificationFailed */
/** @typedef {import("../src/statements.mjs").Statement} Statement */
/** @typedef {import("../src/words.mjs").Language} Language */
/** @typedef {(word: string) => string} Speak */

/**
 * @param {Language} language
 * @returns {Speak}
 */
export const speaker = (language) => (word) => say(language, WORDS[word]);

/**
 * @param {boolean} good
 * @param {string} large
 * @param {string} small
 */
export function banner(good, large, small) {
  const mark = make("span.mark", { "aria-hidden": "true" }, good ? "✓" : "✗");
  const text = make("div", {}, make("p.large", {}, large), make("p", {}, small));
  return make(`div.card.verdict.${good ? "good" : "bad"}`, { id: "verdict" }, mark, text);
}

/**
 * @param {Speak} speak
 * @param {boolean} good
 * @param {string} title
 * @param {string} text
 */
function stepLine(speak, good, title, text) {
  const said = `${title}${speak("colon")}${speak(good ? "passed" : "failed")}`;
  return make(
    `li.${good ? "good" : "bad"}`,
    {},
    make("span.mark", { "aria-hidden": "true" }, good ? "✓" : "✗"),
    make("div", {}, make("p.title", {}, said), make("p", {}, text)),
  );
}

/**
 * @param {Language} language
 * @param {Step[]} passed
 * @param {VerificationFailed | null} failed
 */
function steps(language, passed, failed) {
  const speak = speaker(language);
  const lines = passed.map((step) => {
    const title = `${step.number}. ${titleIn(language, step.title)}`;
    return stepLine(speak, true, title, provesIn(language, step));
  });
  if (failed !== null) {
    const title = `${failed.step}. ${titleIn(language, failed.title)}`;
    lines.push(stepLine(speak, false, title, reasonIn(language, failed.reason)));
  }
  return make("section.card", {}, make("h2", {}, speak("steps")), make("ol.steps", {}, ...lines));
}

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
function statementCard(speak, found) {
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
 * @param {Language} language
 * @param {Verified} verified
 * @param {string} label
 */
function block(language, { header, headerHash }, label) {
  const speak = speaker(language);
  const when = new Date(header.timeMs);
  const format = { dateStyle: /** @type {const} */ ("long"), timeStyle: /** @type {const} */ ("long") };
  const time = when.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", format);
  return make(
    "section.card",
    {},
    make("h2", {}, speak("block")),
    facts([
      [speak("ledger"), label],
      [speak("chain"), toHex(header.chain)],
      [speak("height"), String(header.height)],
      [speak("time"), `${time} (${when.toISOString()})`],
      [speak("headerHash"), toHex(headerHash)],
    ]),
    make("p.hint", {}, speak("compare")),
  );
}

/** @param {Language} language */
function notProven(language) {
  const items = NOT_PROVEN.map((both) => make("li", {}, say(language, both)));
  const title = make("h2", {}, speaker(language)("notProven"));
  return make("section.card", {}, title, make("ul", {}, ...items));
}

/**
 * @param {Language} language
 * @param {Verified} verified
 * @param {string} label of the ledger, from the trust file
 * @param {number} tookMs
 */
export function showVerified(language, verified, label, tookMs) {
  const speak = speaker(language);
  const cards = verified.statements.flatMap((found) => statementCard(speak, found));
  const note = make("p.hint", {}, speak("fieldsNote"));
  const { height } = verified.header;
  const small = `${label} · ${speak("height")} ${height} · ${tookMs.toFixed(1)} ${speak("took")}`;
  return [
    banner(true, speak("holds"), small),
    steps(language, verified.steps, null),
    make("section.card", {}, make("h2", {}, speak("proven")), ...cards, note),
    notProven(language),
    block(language, verified, label),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/evidence.mjs").Proven} proven
 * @param {string} label of the ledger, from the trust file
 */
export function showEvidence(language, proven, label) {
  const speak = speaker(language);
  const { kind, why, first, second, witness, isKnown } = proven;
  const seen = `${witness} (${speak(isKnown ? "knownWitness" : "unknownWitness")})`;
  /** @param {import("../src/evidence.mjs").Head} head */
  const line = (head) => [String(head.height), String(head.size), head.headerHash];
  const heads = [speak("height"), speak("logSize"), speak("headerHash")];
  return [
    banner(true, speak(kind), label),
    make(
      "section.card",
      {},
      make("h2", {}, speak("proven")),
      table(speak("twoHeads"), heads, [line(first), line(second)]),
      facts([
        [speak("seenBy"), seen],
        [speak("saidWhy"), why],
      ]),
    ),
  ];
}

/**
 * @param {Language} language
 * @param {VerificationFailed} failed
 */
export function showFailed(language, failed) {
  const speak = speaker(language);
  return [
    banner(false, speak("fails"), speak("failsWhy")),
    steps(language, failed.passed, failed),
  ];
}

/**
 * Say why there is no receipt to verify in what was given, and what was found instead.
 * @param {Language} language
 * @param {import("./unread.mjs").Problem} problem
 */
export function showProblem(language, { large, small, facts: found }) {
  const speak = speaker(language);
  const shown = [banner(false, speak(large), speak(small))];
  if (found.length === 0) return shown;
  /** @type {[string, string][]} */
  const lines = found.map(([word, value]) => [speak(word), value]);
  return [...shown, make("section.card", {}, make("h2", {}, speak("found")), facts(lines))];
}
