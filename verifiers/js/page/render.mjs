/** A verdict as the page shows it. */

import { toHex } from "../src/bytes.mjs";
import { MISTAKES } from "../src/mistaken.mjs";
import {
  NOT_PROVEN,
  NOT_PROVEN_BY_ABSENCE,
  NOT_PROVEN_BY_STATEMENT,
  adviceIn,
  provesIn,
  reasonIn,
  ruleFor,
  say,
  titleIn,
} from "../src/words.mjs";
import { continuedCard, continuedCards, networkCard, statementCard } from "./cards.mjs";
import { facts, make, table } from "./dom.mjs";
import { WORDS } from "./words.mjs";

/** @typedef {import("../src/steps.mjs").Step} Step */
/** @typedef {import("../src/receipt.mjs").Verified} Verified */
/** @typedef {import("../src/steps.mjs").VerificationFailed} VerificationFailed */
/** @typedef {import("../src/words.mjs").Language} Language */
/** @typedef {import("./cards.mjs").Speak} Speak */

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

/**
 * @param {Language} language
 * @param {import("../src/words.mjs").Both[]} what
 */
function notProven(language, what) {
  const items = what.map((both) => make("li", {}, say(language, both)));
  const title = make("h2", {}, speaker(language)("notProven"));
  return make("section.card", {}, title, make("ul", {}, ...items));
}

/**
 * @param {Language} language
 * @param {Verified} verified
 * @param {string} label of the ledger, from the trust file
 * @param {number} tookMs
 */
function showVerified(language, verified, label, tookMs) {
  const speak = speaker(language);
  const cards = verified.statements.flatMap((found) => statementCard(speak, found));
  const note = cards.length > 0 ? [make("p.hint", {}, speak("fieldsNote"))] : [];
  const continued = continuedCards(speak, verified);
  const { height } = verified.header;
  const small = `${label} · ${speak("height")} ${height} · ${tookMs.toFixed(1)} ${speak("took")}`;
  return [
    banner(true, speak("holds"), small),
    steps(language, verified.steps, null),
    make("section.card", {}, make("h2", {}, speak("proven")), ...cards, ...note, ...continued),
    notProven(language, NOT_PROVEN),
    ...networkCard(speak, verified.steps),
    block(language, verified, label),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/cose.mjs").Stated} stated
 * @param {string} label
 */
function showStated(language, stated, label) {
  const speak = speaker(language);
  const { id, outcome, events, places } = stated;
  const said = outcome === "" ? speak("committed") : `${speak("refused")}${speak("colon")}${outcome}`;
  const lines = places.map(({ index, size, root }) => [String(index), String(size), toHex(root)]);
  const heads = [speak("place"), speak("logSize"), speak("logRoot")];
  return [
    banner(true, speak("statementHolds"), label),
    steps(language, stated.steps, null),
    make(
      "section.card",
      {},
      make("h2", {}, speak("proven")),
      make("h3", {}, speak("transaction")),
      facts([
        [speak("id"), toHex(id)],
        [speak("outcome"), said],
        [speak("eventsDigest"), toHex(events)],
      ]),
      table(speak("signedLogs"), heads, lines),
    ),
    notProven(language, NOT_PROVEN_BY_STATEMENT),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/cose.mjs").Continued} continued
 * @param {string} label
 */
function showContinued(language, { steps: passed, first, second }, label) {
  const speak = speaker(language);
  const card = continuedCard(speak, first, second, true);
  return [
    banner(true, speak("holds"), label),
    steps(language, passed, null),
    make("section.card", {}, make("h2", {}, speak("proven")), ...card),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/not_seen.mjs").Unseen} unseen
 * @param {string} label
 */
function showUnseen(language, { id, earlier, later, steps: passed }, label) {
  const speak = speaker(language);
  return [
    banner(true, speak("unseenHolds"), label),
    steps(language, passed, null),
    make(
      "section.card",
      {},
      make("h2", {}, speak("proven")),
      facts([
        [speak("id"), toHex(id)],
        [speak("above"), String(earlier.height)],
        [speak("upTo"), String(later.height)],
      ]),
    ),
    notProven(language, NOT_PROVEN_BY_ABSENCE),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/heads.mjs").Head} head
 * @param {string} label
 */
function showHead(language, { height, size, root, headerHash, signed }, label) {
  const speak = speaker(language);
  return [
    banner(true, speak("headHolds"), `${label} · ${speak("height")} ${height}`),
    make(
      "section.card",
      {},
      make("h2", {}, speak("proven")),
      facts([
        [speak("height"), String(height)],
        [speak("logSize"), String(size)],
        [speak("logRoot"), toHex(root)],
        [speak("headerHash"), headerHash],
        [speak("witnesses"), signed.join(", ") || speak("noWitness")],
      ]),
      make("p.hint", {}, speak("compare")),
    ),
  ];
}

/**
 * Show what was verified, of whatever kind it is.
 * @param {Language} language
 * @param {import("../src/judge.mjs").Judged} judged
 * @param {string} label of the ledger, from the trust file
 * @param {number} tookMs
 */
export function showJudged(language, judged, label, tookMs) {
  switch (judged.kind) {
    case "receipt":
      return showVerified(language, judged.verified, label, tookMs);
    case "statement":
      return showStated(language, judged.stated, label);
    case "continued":
      return showContinued(language, judged.continued, label);
    case "unseen":
      return showUnseen(language, judged.unseen, label);
    case "head":
      return showHead(language, judged.head, label);
    case "evidence":
      return showEvidence(language, judged.proven, label);
  }
}

/**
 * @param {Language} language
 * @param {import("../src/evidence.mjs").Proven} proven
 * @param {string} label of the ledger, from the trust file
 */
function showEvidence(language, proven, label) {
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
 * What to do after a failure.
 * @param {Language} language
 * @param {string | null} step
 * @param {import("../src/reasons.mjs").Reason} reason
 */
function nextCard(language, step, reason) {
  const speak = speaker(language);
  const rule = `${speak("rule")}${speak("colon")}${say(language, ruleFor(step, reason))}`;
  return make(
    "section.card",
    {},
    make("h2", {}, speak("next")),
    make("p", {}, adviceIn(language, reason)),
    make("p.hint", {}, rule),
  );
}

/**
 * @param {Language} language
 * @param {VerificationFailed} failed
 */
export function showFailed(language, failed) {
  const speak = speaker(language);
  const isMistake = MISTAKES.includes(failed.reason);
  return [
    banner(false, speak(isMistake ? "noReceipt" : "fails"), reasonIn(language, failed.reason)),
    steps(language, failed.passed, failed),
    nextCard(language, failed.title, failed.reason),
  ];
}

/**
 * @param {Language} language
 * @param {import("../src/reasons.mjs").Refused} refused a head, or evidence
 */
export function showRefused(language, { reason }) {
  const large = speaker(language)("provesNothing");
  return [banner(false, large, reasonIn(language, reason)), nextCard(language, null, reason)];
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
