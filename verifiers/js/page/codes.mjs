/** The receipt that the codes of one picture hold (format, section 17). */

import { toHex } from "../src/bytes.mjs";
import { HASHES } from "../src/hash.mjs";
import { Refused } from "../src/reasons.mjs";
import { receiptInText } from "../src/text.mjs";
import { Unread } from "./unread.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {{link: string, label: string, height: string, digest: string}} Named */

const DENSE = "TJR1:";
const SHORT = /^(?:([^?]*)\?)?TONGJIAN:1:([^:]*):([0-9]*):([A-Z2-7]*)$/;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** @param {string} text in base32, of which spare bits are dropped */
function base32ToHex(text) {
  const bits = [...text].map((each) => BASE32.indexOf(each).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return toHex(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2)));
}

/**
 * Say what a short text names.
 * @param {string} text
 * @returns {Named | null} null where it is no short text
 */
function named(text) {
  try {
    receiptInText(text);
    return null;
  } catch (error) {
    if (!(error instanceof Refused) || error.reason !== "onlyNamed") return null;
  }
  const [, link = "", label, height, digest] = SHORT.exec(text.trim()) ?? [];
  return { link, label, height, digest: base32ToHex(digest) };
}

/** @param {Named} one */
function factsOf({ link, label, height, digest }) {
  /** @type {[string, string][]} */
  const facts = [
    ["ledger", label],
    ["height", height],
    ["receiptDigest", digest],
  ];
  if (link !== "") facts.push(["link", link]);
  return facts;
}

/**
 * Say whether no further look at the picture is needed.
 * @param {string[]} texts
 */
export function isDenseAmong(texts) {
  return texts.some((text) => text.startsWith(DENSE));
}

/**
 * Return the receipt in the codes of a picture. A short one beside it must name the same receipt.
 * @param {string[]} texts
 * @returns {Bytes}
 * @throws {Unread}
 */
export function receiptInCodes(texts) {
  const dense = new Set(texts.filter((text) => text.startsWith(DENSE)));
  const short = new Map();
  for (const one of texts.map(named)) if (one !== null) short.set(JSON.stringify(one), one);
  if (dense.size > 1 || short.size > 1) throw new Unread("severalExtracts", "oneAtATime");
  const [name] = /** @type {Map<string, Named>} */ (short).values();
  const [text] = dense;
  if (text === undefined) {
    if (name !== undefined) throw new Unread("onlyNamed", "onlyNamedThen", factsOf(name));
    const large = texts.length > 0 ? "otherCodes" : "noCode";
    throw new Unread(large, `${large}Then`);
  }
  const receipt = denseReceipt(text);
  const digest = toHex(HASHES.sha256(receipt));
  if (name !== undefined && name.digest !== digest) {
    throw new Unread("namesAnother", "namesAnotherThen", [
      ...factsOf(name),
      ["otherDigest", digest],
    ]);
  }
  return receipt;
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
function denseReceipt(text) {
  try {
    return /** @type {Bytes} */ (receiptInText(text));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Unread("misread", "misreadThen");
  }
}
