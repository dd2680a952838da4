/**
 * Records (format, section 2): MessagePack arrays whose values have their shortest form.
 *
 * A record is read by a *shape*, a function from the reader to a value. What a shape does not
 * expect is refused where it stands, so hostile bytes cost no more than their first wrong one.
 */

import { ascii, bigEndian, join, joinAll } from "./bytes.mjs";
import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/**
 * @template T
 * @typedef {(reader: Reader) => T} Shape
 */
/** @typedef {null | boolean | number | bigint | string | Bytes | Value[]} Value */

const INTEGER_MAX = 2n ** 63n - 1n;
/** Of `anything`; the other shapes are as deep as they are written. */
const DEPTH_MAX = 32;

/**
 * First bytes of the forms that carry a number of 1, 2, 4 or 8 bytes, and the least number that
 * needs that form.
 * @typedef {[width: number, least: bigint][]} Widths
 * @type {Record<"uint" | "text" | "bytes" | "array", {first: number, widths: Widths}>}
 */
const FORMS = {
  uint: { first: 0xcc, widths: [[1, 0x80n], [2, 0x100n], [4, 0x10000n], [8, 0x100000000n]] },
  text: { first: 0xd9, widths: [[1, 32n], [2, 0x100n], [4, 0x10000n]] },
  bytes: { first: 0xc4, widths: [[1, 0n], [2, 0x100n], [4, 0x10000n]] },
  array: { first: 0xdc, widths: [[2, 16n], [4, 0x10000n]] },
};

/** A place in bytes that are read value by value. */
export class Reader {
  /** @param {Bytes} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Return the first byte of the next value without taking it. */
  peek() {
    const first = this.bytes[this.at];
    if (first === undefined) throw new Refused("truncated");
    return first;
  }

  /** @param {number} size */
  take(size) {
    ensure(size <= this.bytes.length - this.at, "truncated");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** Refuse what stands after the record. */
  end() {
    ensure(this.at === this.bytes.length, "trailing");
  }

  /**
   * Take the number of a long form: an integer, or the length of what follows.
   * @param {keyof typeof FORMS} kind
   * @returns {bigint}
   */
  #long(kind) {
    const { first, widths } = FORMS[kind];
    const form = widths[this.peek() - first];
    if (form === undefined) throw new Refused("notAllowed");
    this.at += 1;
    let value = 0n;
    for (const byte of this.take(form[0])) value = (value << 8n) | BigInt(byte);
    ensure(value >= form[1], "notShortest");
    return value;
  }

  /**
   * Take the length of a text or an array, whose short form is part of the first byte.
   * @param {"text" | "array"} kind
   * @param {number} base
   * @param {number} count of short lengths
   */
  #length(kind, base, count) {
    const short = this.peek() - base;
    if (short < 0 || short >= count) return Number(this.#long(kind));
    this.at += 1;
    return short;
  }

  /** @returns {bigint} */
  uint() {
    if (this.peek() < 0x80) return BigInt(this.take(1)[0]);
    const value = this.#long("uint");
    ensure(value <= INTEGER_MAX, "outOfBounds");
    return value;
  }

  /** Take a byte string. */
  string() {
    return this.take(Number(this.#long("bytes")));
  }

  /** Take printable ASCII. */
  text() {
    const bytes = this.take(this.#length("text", 0xa0, 32));
    ensure(bytes.every((byte) => byte >= 0x20 && byte <= 0x7e), "notAscii");
    return new TextDecoder().decode(bytes);
  }

  /** Take the head of an array and return how many values follow. */
  array() {
    return this.#length("array", 0x90, 16);
  }
}

/**
 * Read a whole record.
 * @template T
 * @param {Bytes} bytes
 * @param {Shape<T>} shape
 * @returns {T}
 */
export function decode(bytes, shape) {
  const reader = new Reader(bytes);
  const value = shape(reader);
  reader.end();
  return value;
}

// --------------------------------------------------------------------------------------- shapes

/**
 * @param {number} most at most 2^53 - 1
 * @param {number} least
 * @returns {Shape<number>}
 */
export const integer = (most, least = 0) => (reader) => {
  const value = reader.uint();
  ensure(value >= BigInt(least) && value <= BigInt(most), "outOfBounds");
  return Number(value);
};

/**
 * @param {bigint} most
 * @returns {Shape<bigint>}
 */
export const largeInteger = (most) => (reader) => {
  const value = reader.uint();
  ensure(value <= most, "outOfBounds");
  return value;
};

/**
 * @param {number} least
 * @param {number} most
 * @returns {Shape<Bytes>}
 */
export const byteString = (least, most) => (reader) => {
  const value = reader.string();
  ensure(value.length >= least && value.length <= most, "outOfBounds");
  return value;
};

/**
 * @param {RegExp} pattern
 * @param {number} most
 * @returns {Shape<string>}
 */
export const text = (pattern, most) => (reader) => {
  const value = reader.text();
  ensure(value.length <= most && pattern.test(value), "outOfBounds");
  return value;
};

/**
 * @template T
 * @param {Shape<T>} item
 * @param {number} least
 * @param {number} most
 * @returns {Shape<T[]>}
 */
export const list = (item, least, most) => (reader) => {
  const count = reader.array();
  ensure(count >= least && count <= most, "outOfBounds");
  return Array.from({ length: count }, () => item(reader));
};

/**
 * @template T
 * @param {Shape<T>} shape
 * @returns {Shape<T | null>}
 */
export const optional = (shape) => (reader) => {
  if (reader.peek() !== 0xc0) return shape(reader);
  reader.take(1);
  return null;
};

/**
 * An array with one value a field, in the order of the fields.
 * @template {Record<string, Shape<unknown>>} F
 * @param {F} fields
 * @returns {Shape<{[K in keyof F]: ReturnType<F[K]>}>}
 */
export const record = (fields) => (reader) => {
  ensure(reader.array() === Object.keys(fields).length, "notAllowed");
  const values = Object.entries(fields).map(([name, shape]) => [name, shape(reader)]);
  return Object.fromEntries(values);
};

/**
 * Any value that section 2 allows: for rows and events, whose fields the format does not know.
 * @type {Shape<Value>}
 */
export const anything = (reader) => anyValue(reader, 0);

/**
 * @param {Reader} reader
 * @param {number} depth
 * @returns {Value}
 */
function anyValue(reader, depth) {
  ensure(depth <= DEPTH_MAX, "tooDeep");
  const first = reader.peek();
  if (first === 0xc0 || first === 0xc2 || first === 0xc3) {
    reader.take(1);
    return first === 0xc0 ? null : first === 0xc3;
  }
  if (first < 0x80 || (first >= 0xcc && first <= 0xcf)) return reader.uint();
  if (first >= 0xc4 && first <= 0xc6) return reader.string();
  if ((first >= 0xa0 && first < 0xc0) || (first >= 0xd9 && first <= 0xdb)) return reader.text();
  const count = reader.array();
  ensure(count <= reader.bytes.length - reader.at, "truncated");
  return Array.from({ length: count }, () => anyValue(reader, depth + 1));
}

// -------------------------------------------------------------------------------------- writing

/**
 * @param {keyof typeof FORMS} kind
 * @param {number} value
 */
function longHead(kind, value) {
  const { first, widths } = FORMS[kind];
  const fits = widths.findIndex(([width]) => value < 256 ** width);
  return join(Uint8Array.of(first + fits), bigEndian(value, widths[fits][0]));
}

/** @param {Bytes} value */
export function encodeBytes(value) {
  return join(longHead("bytes", value.length), value);
}

/** @param {string} value of ASCII characters */
export function encodeText(value) {
  const short = value.length < 32;
  const head = short ? Uint8Array.of(0xa0 + value.length) : longHead("text", value.length);
  return join(head, ascii(value));
}

/** @param {Bytes[]} items each encoded */
export function encodeArray(items) {
  const short = items.length < 16;
  const head = short ? Uint8Array.of(0x90 + items.length) : longHead("array", items.length);
  return joinAll([head, ...items]);
}
