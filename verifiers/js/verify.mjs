#!/usr/bin/env node
/**
 * Verify on the command line: a receipt as a file or as text, a COSE statement, a checkpoint,
 * evidence of a witness: `node verify.mjs FILE --trust anchors.json [--since CHECKPOINT]
 * [--fresher-than 24h] [--json]`.
 *
 * Exit code 0 where it holds, 4 where it does not, 2 where nothing could be verified.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { toHex } from "./src/bytes.mjs";
import { Unusable, judge } from "./src/judge.mjs";
import { Refused } from "./src/reasons.mjs";
import { showFields, showKey, showTransaction } from "./src/show.mjs";
import { VerificationFailed } from "./src/steps.mjs";
import { TrustInvalid, readTrust } from "./src/trust.mjs";
import { NOT_PROVEN, NOT_PROVEN_BY_ABSENCE, NOT_PROVEN_BY_STATEMENT, adviceFor, provesIn, ruleFor } from "./src/words.mjs";

const HOLDS = 0;
const UNUSABLE = 2;
const FAILED = 4;
const USAGE =
  "usage: node verify.mjs FILE --trust anchors.json [--since CHECKPOINT] " +
  "[--fresher-than 90s|15min|24h|7d] [--json]";
/** @type {Record<string, number>} */
const UNITS_MS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SPAN = /^([0-9]{1,9})(s|min|h|d)?$/;

/** @typedef {import("./src/receipt.mjs").Verified} Verified */
/** @typedef {import("./src/cose.mjs").Stated} Stated */
/** @typedef {import("./src/heads.mjs").Head} Head */
/** @typedef {import("./src/evidence.mjs").Proven} Proven */
/** @typedef {import("./src/judge.mjs").Judged} Judged */
/** @typedef {import("./src/steps.mjs").Step} Step */
/** @typedef {import("./src/statements.mjs").Statement} Statement */
/** @typedef {import("./src/statements.mjs").Earlier} Earlier */
/** @typedef {import("./src/statements.mjs").Row} Row */

/** @param {string} message what keeps the program from verifying anything */
const unusable = (message) => new Unusable(message, message);

/**
 * Return the moment that lies a span of time ago, in milliseconds since 1970.
 * @param {string} span in seconds, or with a unit
 */
function momentBefore(span) {
  const [, count, unit = "s"] = SPAN.exec(span) ?? [];
  if (count === undefined) throw new Error(`${span} is no span of time\n${USAGE}`);
  return Math.max(0, Date.now() - Number(count) * UNITS_MS[unit]);
}

/** @param {string[]} given */
function readArguments(given) {
  const options = /** @type {const} */ ({
    trust: { type: "string" },
    since: { type: "string" },
    "fresher-than": { type: "string" },
    json: { type: "boolean" },
  });
  try {
    const { values, positionals } = parseArgs({ args: given, options, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0 || values.trust === undefined) throw new Error(USAGE);
    const span = values["fresher-than"];
    const notBeforeMs = span === undefined ? null : momentBefore(span);
    const { trust, since } = values;
    return { file, trust, since, notBeforeMs, json: values.json ?? false };
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : USAGE);
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : path);
  }
}

/** @param {string} path */
function trustOf(path) {
  try {
    return readTrust(read(path));
  } catch (error) {
    if (error instanceof TrustInvalid) throw unusable(`${path}: ${error.message}`);
    throw error;
  }
}

/** @param {Row} row */
function rowJson({ key, value, height }) {
  return { key: toHex(key), value: toHex(value), height };
}

/** @param {Statement | Earlier} found */
function statementJson(found) {
  switch (found.kind) {
    case "row":
      return { kind: found.kind, ...rowJson(found.row) };
    case "absence":
      return { kind: found.kind, key: toHex(found.key) };
    case "range": {
      const { kind, low, high, rows } = found;
      return { kind, low: toHex(low), high: toHex(high), rows: rows.map(rowJson) };
    }
    case "decision": {
      const { kind, height, rows, transactions } = found;
      const code = found.code.map((one) => ({ ...one, digest: toHex(one.digest) }));
      return { kind, height, rows, transactions, code };
    }
    case "consistency":
      return { kind: found.kind, size: found.size, root: toHex(found.root) };
    case "transaction": {
      const { kind, id, transaction, outcome, events, index } = found;
      const hex = { id: toHex(id), transaction: toHex(transaction), events: events.map(toHex) };
      return { kind, outcome, index, ...hex };
    }
  }
}

/** @param {Step[]} steps */
function stepsJson(steps) {
  return steps.map((step) => ({
    number: step.number,
    title: step.title,
    proves: provesIn("en", step),
  }));
}

/** @param {Step[]} steps */
function stepLines(steps) {
  return steps.map((step) => `  ${step.number}. ${step.title}: ${provesIn("en", step)}`);
}

/** @param {Verified} verified */
function verifiedJson({ header, headerHash, steps, statements, earlier }) {
  return {
    chain: toHex(header.chain),
    height: header.height,
    time_ms: header.timeMs,
    header_hash: toHex(headerHash),
    steps: stepsJson(steps),
    statements: [...statements, ...earlier].map(statementJson),
    not_proven: NOT_PROVEN.map(([en]) => en),
  };
}

/** @param {Row} row */
function rowLines({ key, value }) {
  const fields = showFields(value);
  return [`  ${showKey(key)}`, `    ${fields === null ? toHex(value) : fields.join(" | ")}`];
}

/**
 * @param {Statement | Earlier} found
 * @returns {string[]}
 */
function statementLines(found) {
  switch (found.kind) {
    case "row":
      return rowLines(found.row);
    case "absence":
      return [`  no row ${showKey(found.key)}`];
    case "decision":
      return found.code.map(
        ({ service, version, digest }) => `    decided by ${service} ${version} (${toHex(digest)})`,
      );
    case "range":
      return found.rows.flatMap(rowLines);
    case "consistency":
      return [`  the log begins with ${found.size} entries of root ${toHex(found.root)}`];
    case "transaction": {
      const shown = showTransaction(found.transaction);
      const signers = shown?.signers.map((signer) => `    signer ${signer}`) ?? [];
      const acts = shown?.acts.map((act) => `    act ${act.join(" | ")}`) ?? [];
      const events = found.events.map((event) => `    event ${showFields(event)?.join(" | ")}`);
      return [`  transaction ${toHex(found.id)}`, ...signers, ...acts, ...events];
    }
  }
}

/** @param {Verified} verified */
function verifiedLines({ header, headerHash, steps, statements, earlier }) {
  return [
    ...stepLines(steps),
    "proven:",
    ...[...statements, ...earlier].flatMap(statementLines),
    "not proven:",
    ...NOT_PROVEN.map(([en]) => `  - ${en}`),
    `block ${header.height} of ${new Date(header.timeMs).toISOString()}, header hash ` +
      `${toHex(headerHash)}: compare it with another source`,
  ];
}

/** @param {Stated} stated */
function statedJson({ steps, id, outcome, events, places }) {
  return {
    steps: stepsJson(steps),
    transaction: toHex(id),
    outcome,
    events: toHex(events),
    receipts: places.map(({ index, size, root }) => ({ index, size, root: toHex(root) })),
    not_proven: NOT_PROVEN_BY_STATEMENT.map(([en]) => en),
  };
}

/** @param {Head} head */
function headJson({ height, size, root, headerHash, signed }) {
  return { height, size, root: toHex(root), header_hash: headerHash, witnesses: signed };
}

/** @param {Proven} proven */
function provenJson({ kind, why, first, second, witness, isKnown }) {
  return { kind, heights: [first.height, second.height], witness, known: isKnown, why };
}

/**
 * @param {Judged} judged
 * @returns {Record<string, unknown>}
 */
function judgedJson(judged) {
  switch (judged.kind) {
    case "receipt":
      return verifiedJson(judged.verified);
    case "statement":
      return statedJson(judged.stated);
    case "continued": {
      const { steps, first, second } = judged.continued;
      const [one, two] = [first, second].map(({ size, root }) => ({ size, root: toHex(root) }));
      return { steps: stepsJson(steps), first: one, second: two };
    }
    case "unseen": {
      const { id, earlier, later, steps } = judged.unseen;
      const heights = { above: earlier.height, up_to: later.height };
      return { steps: stepsJson(steps), transaction: toHex(id), ...heights };
    }
    case "head":
      return headJson(judged.head);
    case "evidence":
      return provenJson(judged.proven);
  }
}

/**
 * @param {Judged} judged
 * @returns {string[]}
 */
function judgedLines(judged) {
  switch (judged.kind) {
    case "receipt":
      return verifiedLines(judged.verified);
    case "statement":
      return [
        ...stepLines(judged.stated.steps),
        "not proven:",
        ...NOT_PROVEN_BY_STATEMENT.map(([en]) => `  - ${en}`),
      ];
    case "continued":
      return stepLines(judged.continued.steps);
    case "unseen":
      return [
        ...stepLines(judged.unseen.steps),
        "not proven:",
        ...NOT_PROVEN_BY_ABSENCE.map(([en]) => `  - ${en}`),
      ];
    case "head": {
      const { height, size, root, headerHash, signed } = judged.head;
      return [
        `  block ${height}, ${size} entries, root ${toHex(root)}`,
        `  witnesses: ${signed.join(", ") || "none that is trusted"}`,
        `header hash ${headerHash}: compare it with another source`,
      ];
    }
    case "evidence": {
      const { kind, first, second, witness } = judged.proven;
      return [`  a ${kind} of heads ${first.height} and ${second.height}, seen by ${witness}`];
    }
  }
}

/**
 * Say what failed, and at which step where there are steps.
 * @param {string} file
 * @param {VerificationFailed | Refused} error
 * @param {boolean} json
 */
function sayFailed(file, error, json) {
  const title = error instanceof Refused ? null : error.title;
  const rule = `rule: ${ruleFor(title, error.reason)[0]}`;
  const more = `${rule}\nnext: ${adviceFor(error.reason)[0]}`;
  if (error instanceof Refused) {
    const said = JSON.stringify({ file, holds: false, why: error.message });
    return json ? said : `${file} PROVES NOTHING\n  ${error.message}\n${more}`;
  }
  const failed = { number: error.step, title: error.title, why: error.why };
  const said = JSON.stringify({ file, holds: false, failed });
  return json ? said : `${file} DOES NOT HOLD\n  ${error.message}\n${more}`;
}

/** @param {string[]} given */
function main(given) {
  const { file, trust, since, notBeforeMs, json } = readArguments(given);
  const anchors = trustOf(trust);
  const kept = since === undefined ? null : read(since);
  const bytes = read(file);
  try {
    const judged = judge(bytes, anchors, { notBeforeMs, kept, nowMs: Date.now() });
    const found = { file, holds: true, label: anchors.label, ...judgedJson(judged) };
    const said = [`${file} HOLDS`, ...judgedLines(judged)].join("\n");
    console.log(json ? JSON.stringify(found) : said);
    return HOLDS;
  } catch (error) {
    if (!(error instanceof VerificationFailed || error instanceof Refused)) throw error;
    console.log(sayFailed(file, error, json));
    return FAILED;
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Unusable || error instanceof TrustInvalid)) throw error;
  console.error(`nothing was verified: ${error.message}`);
  process.exitCode = UNUSABLE;
}
