/** CBOR of any shape, in its deterministic form but for the order of map keys (RFC 8949, 4.2.1). */

import { toHex } from "./bytes.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/**
 * @typedef {null | boolean | bigint | string | Bytes | Item[] | Items | Tagged | Other} Item
 */

/** Of arrays, maps and tags within each other. */
const DEPTH_MAX = 15;
const ITEMS_MAX = 19_999;
/** Major types of arrays, maps and tags. */
const HOLDS_ITEMS = new Set([4, 5, 6]);
/** The one tag that has a place here. */
const SIGN1_TAG = 18n;

/** A value that no label here has: a float, a simple value. */
export class Other {}

/** A COSE_Sign1. */
export class Tagged {
  /** @param {Item} item */
  constructor(item) {
    this.item = item;
  }
}

/** A map, whose keys are looked up by label. */
export class Items {
  /** @param {Map<string, Item>} byKey keys in hexadecimal, encoded */
  constructor(byKey) {
    this.byKey = byKey;
  }

  /** @param {string} label encoded, in hexadecimal */
  get(label) {
    return this.byKey.get(label);
  }

  /** @param {string[]} labels encoded, in hexadecimal */
  hasOnly(labels) {
    return [...this.byKey.keys()].every((key) => labels.includes(key));
  }
}

class Reader {
  /** @param {Bytes} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.items = 0;
  }

  /** @param {number} size */
  take(size) {
    ensure(size <= this.bytes.length - this.at, "notCbor");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /**
   * Take the number of a head, which has its shortest form.
   * @param {number} info the five low bits
   */
  number(info) {
    if (info < 24) return BigInt(info);
    ensure(info <= 27, "notCbor");
    const width = 2 ** (info - 24);
    const value = BigInt(`0x${toHex(this.take(width))}`);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    ensure(value >= least, "notCbor");
    return value;
  }

  /**
   * @param {number} depth
   * @returns {Item}
   */
  item(depth) {
    const [first] = this.take(1);
    const [major, info] = [first >> 5, first & 31];
    this.items += 1;
    ensure(this.items <= ITEMS_MAX && (depth < DEPTH_MAX || !HOLDS_ITEMS.has(major)), "notCbor");
    switch (major) {
      case 0:
        return this.number(info);
      case 1:
        return -1n - this.number(info);
      case 2:
        return this.take(Number(this.number(info)));
      case 3:
        return text(this.take(Number(this.number(info))));
      case 4:
        return this.array(Number(this.number(info)), depth);
      case 5:
        return this.map(Number(this.number(info)), depth);
      case 6:
        ensure(this.number(info) === SIGN1_TAG, "notCbor");
        return new Tagged(this.item(depth + 1));
      default:
        return this.simple(info);
    }
  }

  /**
   * @param {number} count
   * @param {number} depth
   */
  array(count, depth) {
    ensure(count <= this.bytes.length - this.at, "notCbor");
    return Array.from({ length: count }, () => this.item(depth + 1));
  }

  /**
   * @param {number} count
   * @param {number} depth
   */
  map(count, depth) {
    ensure(2 * count <= this.bytes.length - this.at, "notCbor");
    /** @type {Map<string, Item>} */
    const found = new Map();
    for (let i = 0; i < count; i++) {
      const start = this.at;
      const label = this.item(depth + 1);
      ensure(typeof label === "bigint" || typeof label === "string", "notCbor");
      const key = toHex(this.bytes.subarray(start, this.at));
      ensure(!found.has(key), "notCbor");
      found.set(key, this.item(depth + 1));
    }
    return new Items(found);
  }

  /** @param {number} info */
  simple(info) {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    ensure(info <= 27, "notCbor");
    if (info === 24) ensure(this.take(1)[0] >= 32, "notCbor");
    if (info > 24) ensure(isShortestFloat(this.take(2 ** (info - 24))), "notCbor");
    return new Other();
  }
}

/**
 * Tell whether a float of 16 bits is equal to a number.
 * @param {number} value
 */
function isHalf(value) {
  if (value === 0 || !Number.isFinite(value)) return true;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  return Math.abs(value) <= 65504 && value % 2 ** (exponent - 10) === 0;
}

/**
 * Tell whether a float is in no fewer bytes as well; not a number has one form.
 * @param {Bytes} bytes
 */
function isShortestFloat(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 2) return true;
  const value = bytes.length === 4 ? view.getFloat32(0) : view.getFloat64(0);
  if (Number.isNaN(value)) return false;
  return !(bytes.length === 4 ? isHalf(value) : Math.fround(value) === value);
}

/** @param {Bytes} bytes */
function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    ensure(false, "notCbor");
  }
}

/**
 * Read one item, with nothing behind it.
 * @param {Bytes} bytes
 * @returns {Item}
 */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  ensure(reader.at === bytes.length, "notCbor");
  return item;
}
