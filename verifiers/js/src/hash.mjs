/**
 * The hash of a chain and the tags (format, section 1).
 *
 * WebCrypto has SHA-256, but only asynchronously: a proof is hundreds of hashes of 65 bytes, each
 * of which would wait longer than it computes. So both hashes are code that comes with the verifier.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { ascii, join } from "./bytes.mjs";
import { sm3 } from "./sm3.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {(...parts: Bytes[]) => Bytes} Hash joins the parts and hashes them */

/** @type {Record<string, Hash>} */
export const HASHES = {
  sha256: (...parts) => sha256(join(...parts)),
  sm3: (...parts) => sm3(join(...parts)),
};

/** @param {string} name */
const tag = (name) => ascii(`tongjian/${name}/1\0`);

export const TAGS = {
  batch: tag("batch"),
  check: tag("check"),
  events: tag("events"),
  header: tag("header"),
  key: tag("key"),
  transaction: tag("transaction"),
};
