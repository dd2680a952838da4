/** The trust file: whose ledger it is, and which keys seal it (format, section 8). */

import * as bounds from "./bounds.mjs";
import { fromHex, toHex } from "./bytes.mjs";
import { HASHES } from "./hash.mjs";
import { SUITES, TRUSTED_SUITES } from "./suites.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./suites.mjs").Suite} Suite */
/** @typedef {{fromHeight: number, suite: Suite, key: Bytes}} SealKey */
/** @typedef {{name: string, key: Bytes}} Witness */
/**
 * @typedef {{chain: Bytes, label: string, hash: import("./hash.mjs").Hash, seals: SealKey[],
 *   witnesses: Witness[], quorum: number, asOfMs: number, trustDays: number}} Trust
 */

const WITNESSES_MAX = 32;
const DAY_MS = 86_400_000;
const PERIOD_MAX = { as_of_ms: 2 ** 43, trust_days: 36_500 };
/** Printable ASCII without space and plus. */
const WITNESS_NAME = /^[!-*,-~]{1,128}$/;

/** A trust file that cannot be used: nothing was verified. */
export class TrustInvalid extends Error {
  /**
   * @param {string} en
   * @param {string} zh
   */
  constructor(en, zh) {
    super(en);
    this.name = "TrustInvalid";
    this.why = /** @type {[string, string]} */ ([en, zh]);
  }
}

/**
 * @param {boolean} holds
 * @param {string} en
 * @param {string} zh
 * @returns {asserts holds}
 */
function ensure(holds, en, zh) {
  if (!holds) throw new TrustInvalid(en, zh);
}

/**
 * @param {unknown} value
 * @param {string[]} names of its members
 * @param {string[]} optional members
 * @returns {Record<string, unknown>}
 */
function members(value, names, optional = []) {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  ensure(isObject, "not a JSON object", "不是 JSON 对象");
  const found = Object.keys(value);
  const known = found.every((name) => names.includes(name) || optional.includes(name));
  const isWhole = known && names.every((name) => found.includes(name));
  const wanted = names.join(", ");
  ensure(isWhole, `its members must be ${wanted}`, `成员应为 ${wanted}`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Bytes}
 */
function hex32(value, name) {
  const bytes = typeof value === "string" ? fromHex(value) : null;
  const en = `\`${name}\` is 32 bytes in hexadecimal`;
  ensure(bytes !== null && bytes.length === 32, en, `\`${name}\` 应为 32 字节的十六进制`);
  return bytes;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
function wholeNumber(value, name) {
  const isWhole = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  ensure(isWhole, `\`${name}\` is an integer from 0`, `\`${name}\` 应为非负整数`);
  return value;
}

/**
 * @param {unknown} value
 * @param {Suite} suite
 * @returns {Bytes}
 */
function readKey(value, suite) {
  const key = typeof value === "string" ? fromHex(value) : null;
  ensure(
    key !== null && suite.isSoundKey(key),
    "`public` is not the canonical form of a sound key",
    "`public` 不是可靠公钥的规范编码",
  );
  return key;
}

/**
 * @param {unknown} value
 * @returns {SealKey}
 */
function readSeal(value) {
  const found = members(value, ["from_height", "suite", "public"]);
  const name = found["suite"];
  const isKnown = typeof name === "string" && Object.hasOwn(TRUSTED_SUITES, name);
  const suite = isKnown ? TRUSTED_SUITES[name] : undefined;
  const names = Object.keys(TRUSTED_SUITES).join(", ");
  ensure(suite !== undefined, `\`suite\` is one of ${names}`, `\`suite\` 应为 ${names} 之一`);
  return {
    fromHeight: wholeNumber(found["from_height"], "from_height"),
    suite,
    key: readKey(found["public"], suite),
  };
}

/**
 * @param {unknown} value
 * @returns {Witness}
 */
function readWitness(value) {
  const { name, public: key } = members(value, ["name", "public"]);
  const isName = typeof name === "string" && WITNESS_NAME.test(name);
  ensure(isName, "a witness has no proper `name`", "有见证方的 `name` 不合规");
  return { name, key: readKey(key, SUITES["ed25519"]) };
}

/**
 * Read the witnesses: each has a name and a key of its own, and none is the operator.
 * @param {unknown} values
 * @param {SealKey[]} seals
 */
function readWitnesses(values, seals) {
  ensure(
    Array.isArray(values) && values.length <= WITNESSES_MAX,
    "`witnesses` are at most 32",
    "`witnesses` 最多 32 个",
  );
  const witnesses = values.map(readWitness);
  const keys = witnesses.map((witness) => toHex(witness.key));
  const isTwice =
    new Set(keys).size < keys.length ||
    new Set(witnesses.map((witness) => witness.name)).size < witnesses.length ||
    seals.some((seal) => keys.includes(toHex(seal.key)));
  ensure(
    !isTwice,
    "each witness has a name and a key of its own",
    "每个见证方应有各自的名称和公钥",
  );
  return witnesses;
}

/** @param {Bytes} bytes */
function parse(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    throw new TrustInvalid("not JSON in UTF-8", "不是 UTF-8 编码的 JSON");
  }
}

/**
 * Read a trust file.
 * @param {Bytes} bytes
 * @returns {Trust}
 * @throws {TrustInvalid}
 */
export function readTrust(bytes) {
  ensure(bytes.length <= bounds.TRUST_BYTES_MAX, "over 1 MiB", "超过 1 MiB");
  const required = ["chain", "label", "hash", "seals"];
  const found = members(parse(bytes), required, ["witnesses", "quorum", "as_of_ms", "trust_days"]);
  const { chain, label, hash: name, seals } = found;
  ensure(typeof label === "string", "`label` is a text", "`label` 应为文本");
  const hash = typeof name === "string" && Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
  ensure(hash !== undefined, "`hash` is sha256 or sm3", "`hash` 应为 sha256 或 sm3");
  ensure(
    Array.isArray(seals) && seals.length > 0,
    "`seals` has at least one key",
    "`seals` 至少应有一个公钥",
  );
  const keys = seals.map(readSeal);
  const ascends = keys.every((key, i) => i === 0 || key.fromHeight > (keys[i - 1].fromHeight));
  ensure(ascends, "`seals` ascend by `from_height`", "`seals` 应按 `from_height` 递增");
  const witnesses = readWitnesses("witnesses" in found ? found["witnesses"] : [], keys);
  const quorum = wholeNumber("quorum" in found ? found["quorum"] : 0, "quorum");
  const [asOfMs, trustDays] = Object.entries(PERIOD_MAX).map(([name, most]) => {
    const value = wholeNumber(name in found ? found[name] : 0, name);
    ensure(value <= most, `\`${name}\` is 0 to ${most}`, `\`${name}\` 应为 0 至 ${most}`);
    return value;
  });
  ensure(
    quorum <= witnesses.length,
    "`quorum` is at most the number of witnesses",
    "`quorum` 不应大于见证方数目",
  );
  return { chain: hex32(chain, "chain"), label, hash, seals: keys, witnesses, quorum, asOfMs, trustDays };
}

/**
 * Tell whether a file still vouches for who seals a network's block (format, section 20).
 * @param {Trust} trust
 * @param {number} timeMs of the block, since 1970
 * @param {number} nowMs
 */
export function isTrusted({ asOfMs, trustDays }, timeMs, nowMs) {
  return timeMs <= asOfMs || trustDays === 0 || nowMs - asOfMs <= trustDays * DAY_MS;
}

/**
 * Return the key that counts at a height, if the file has one.
 * @param {Trust} trust
 * @param {number} height
 */
export function sealKeyAt(trust, height) {
  return trust.seals.findLast((seal) => seal.fromHeight <= height);
}
