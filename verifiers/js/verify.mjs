#!/usr/bin/env node
/**
 * Verify a receipt on the command line, as a file or as text, and evidence of a witness:
 * `node verify.mjs RECEIPT --trust anchors.json [--fresher-than 24h] [--json]`.
 *
 * Exit code 0 where it holds, 4 where it does not, 2 where nothing could be verified.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { toHex } from "./src/bytes.mjs";
import { verifyEvidence } from "./src/evidence.mjs";
import { Refused } from "./src/reasons.mjs";
import { verifyReceipt } from "./src/receipt.mjs";
import { showFields, showKey, showTransaction } from "./src/show.mjs";
import { VerificationFailed } from "./src/steps.mjs";
import { openText } from "./src/text.mjs";
import { TrustInvalid, readTrust } from "./src/trust.mjs";
import { NOT_PROVEN, provesIn } from "./src/words.mjs";

const HOLDS = 0;
const UNUSABLE = 2;
const FAILED = 4;
const OPENING_BRACE = 0x7b;
const USAGE =
  "usage: node verify.mjs RECEIPT --trust anchors.json [--fresher-than 90s|15min|24h|7d] [--json]";
/** @type {Record<string, number>} */
const UNITS_MS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SPAN = /^([0-9]{1,9})(s|min|h|d)?$/;

/** @typedef {import("./src/receipt.mjs").Verified} Verified */
/** @typedef {import("./src/statements.mjs").Statement} Statement */
/** @typedef {import("./src/statements.mjs").Earlier} Earlier */
/** @typedef {import("./src/statements.mjs").Row} Row */

/** What keeps the program from verifying anything. */
class Unusable extends Error {}

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
    "fresher-than": { type: "string" },
    json: { type: "boolean" },
  });
  try {
    const { values, positionals } = parseArgs({ args: given, options, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0 || values.trust === undefined) throw new Error(USAGE);
    const span = values["fresher-than"];
    const notBeforeMs = span === undefined ? null : momentBefore(span);
    return { file, trust: values.trust, notBeforeMs, json: values.json ?? false };
  } catch (error) {
    throw new Unusable(error instanceof Error ? error.message : USAGE);
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Unusable(error instanceof Error ? error.message : path);
  }
}

/** @param {string} path */
function trustOf(path) {
  try {
    return readTrust(read(path));
  } catch (error) {
    if (error instanceof TrustInvalid) throw new Unusable(`${path}: ${error.message}`);
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

/** @param {Verified} verified */
function verifiedJson({ header, headerHash, steps, statements, earlier }) {
  return {
    chain: toHex(header.chain),
    height: header.height,
    time_ms: header.timeMs,
    header_hash: toHex(headerHash),
    steps: steps.map((step) => ({
      number: step.number,
      title: step.title,
      proves: provesIn("en", step),
    })),
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

/**
 * @param {string} file
 * @param {Verified} verified
 */
function verifiedText(file, { header, headerHash, steps, statements, earlier }) {
  return [
    `${file} HOLDS`,
    ...steps.map((step) => `  ${step.number}. ${step.title}: ${provesIn("en", step)}`),
    "proven:",
    ...[...statements, ...earlier].flatMap(statementLines),
    "not proven:",
    ...NOT_PROVEN.map(([en]) => `  - ${en}`),
    `block ${header.height} of ${new Date(header.timeMs).toISOString()}, header hash ` +
      `${toHex(headerHash)}: compare it with another source`,
  ].join("\n");
}

/**
 * @param {string} file
 * @param {Uint8Array} bytes
 * @param {import("./src/trust.mjs").Trust} anchors
 * @param {boolean} json
 */
function sayEvidence(file, bytes, anchors, json) {
  try {
    const { kind, why, first, second, witness, isKnown } = verifyEvidence(bytes, anchors);
    const heights = [first.height, second.height];
    const found = { file, holds: true, kind, heights, witness, known: isKnown, why };
    const said = `${file} HOLDS: a ${kind} of heads ${heights.join(" and ")}, seen by ${witness}`;
    console.log(json ? JSON.stringify(found) : said);
    return HOLDS;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const said = JSON.stringify({ file, holds: false, why: error.message });
    console.log(json ? said : `${file} PROVES NOTHING\n  ${error.message}`);
    return FAILED;
  }
}

/** @param {string[]} given */
function main(given) {
  const { file, trust, notBeforeMs, json } = readArguments(given);
  const anchors = trustOf(trust);
  const bytes = read(file);
  if (bytes[0] === OPENING_BRACE) {
    if (notBeforeMs !== null) throw new Unusable("evidence is not asked how fresh it is");
    return sayEvidence(file, bytes, anchors, json);
  }
  try {
    const verified = verifyReceipt(openText(bytes), anchors, notBeforeMs);
    const found = { file, holds: true, label: anchors.label, ...verifiedJson(verified) };
    console.log(json ? JSON.stringify(found) : verifiedText(file, verified));
    return HOLDS;
  } catch (error) {
    if (!(error instanceof VerificationFailed)) throw error;
    const failed = { number: error.step, title: error.title, why: error.why };
    const said = json ? JSON.stringify({ file, holds: false, failed }) : error.message;
    console.log(json ? said : `${file} DOES NOT HOLD\n  ${said}`);
    return FAILED;
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Unusable)) throw error;
  console.error(`nothing was verified: ${error.message}`);
  process.exitCode = UNUSABLE;
}
