/** Receipts as text and on paper (format, section 17). */

import * as bounds from "./bounds.mjs";
import { equal, fromBase64, fromHex } from "./bytes.mjs";
import { CHECK_BYTES } from "./check.mjs";
import { HASHES, TAGS } from "./hash.mjs";
import { inflate } from "./inflate.mjs";
import { Refused, ensure } from "./reasons.mjs";
import { VerificationFailed } from "./steps.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

const DENSE = "TJR1:";
const DENSE_CHARACTERS_MAX = 4296;
const INFLATED_BYTES_MAX = 65_536;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const LINK = /^https?:\/\/[!"$->@-~]+$/i;
const LINK_CHARACTERS_MAX = 200;
/** The last character of base32 has four spare bits. */
const SHORT = /^TONGJIAN:1:[^:?\s]{1,64}:(0|[1-9][0-9]{0,12}):[A-Z2-7]{51}[AQ]$/;
const SPACE = /\s/g;
/** The first byte of a receipt that is not written as text. */
const COSE_SIGN1_TAG = 0xd2;

/**
 * Read Base45 (RFC 9285).
 * @param {string} text
 * @returns {Bytes}
 */
function fromBase45(text) {
  /** @type {number[]} */
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const values = [...text.slice(at, at + 3)].map((character) => ALPHABET.indexOf(character));
    ensure(values.length > 1 && values.every((value) => value >= 0), "notDense");
    const [one, two, three = 0] = values;
    const number = one + 45 * two + 45 * 45 * three;
    ensure(number < 256 ** (values.length - 1), "notDense");
    if (values.length === 3) bytes.push(number >> 8);
    bytes.push(number & 0xff);
  }
  return Uint8Array.from(bytes);
}

/**
 * Return the receipt in a dense text.
 * @param {string} text
 * @returns {Bytes}
 * @throws {Refused}
 */
function readDense(text) {
  ensure(text.length <= DENSE_CHARACTERS_MAX, "notDense");
  const whole = fromBase45(text.slice(DENSE.length));
  const [check, deflated] = [whole.subarray(0, CHECK_BYTES), whole.subarray(CHECK_BYTES)];
  const own = HASHES.sha256(TAGS.check, deflated).subarray(0, CHECK_BYTES);
  ensure(equal(own, check), "notDense");
  return inflate(deflated, INFLATED_BYTES_MAX);
}

/**
 * Return the receipt in a text, which is dense, base64 or hexadecimal.
 * @param {string} given
 * @returns {Bytes | null} null where the text does not begin like one
 * @throws {Refused} where it begins like one and is none
 */
export function receiptInText(given) {
  ensure(given.length <= 2 * bounds.RECEIPT_BYTES_MAX + 1024, "tooLarge");
  const text = given.trim();
  if (text.startsWith(DENSE)) return readDense(text);
  if (isShort(text)) throw new Refused("onlyNamed");
  const together = text.replaceAll(SPACE, "");
  const isHex = /^d284/i.test(together);
  if (!isHex && !together.startsWith("0oR")) return null;
  const bytes = isHex ? fromHex(together) : fromBase64(together);
  if (bytes === null) throw new Refused("notText");
  return bytes;
}

/** @param {string} text */
function isShort(text) {
  const end = text.indexOf("?");
  const link = text.slice(0, Math.max(end, 0));
  const isLinked = LINK.test(link) && link.length <= LINK_CHARACTERS_MAX;
  return SHORT.test(isLinked ? text.slice(end + 1) : text);
}

/**
 * Return the receipt in a file: its bytes, or what they say as text.
 * @param {Bytes} bytes
 * @returns {Bytes} the file itself where it is no text of a receipt
 * @throws {VerificationFailed} as step 1
 */
export function openText(bytes) {
  if (bytes[0] === COSE_SIGN1_TAG || bytes.some((byte) => byte > 0x7f)) return bytes;
  try {
    return receiptInText(new TextDecoder().decode(bytes)) ?? bytes;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new VerificationFailed(1, "form", error.reason, error.message, []);
  }
}
