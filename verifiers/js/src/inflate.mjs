/**
 * Raw DEFLATE (RFC 1951), one stream that fills its bytes to the last.
 *
 * Browsers have it as a stream that answers later, and differ in what they say of bytes behind it.
 */

import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {{counts: Uint16Array, symbols: Uint16Array}} Code lengths of a code, symbols in order */

const BITS_MAX = 15;
const END = 256;
/** Section 3.2.5: what a length or distance symbol begins at, and its extra bits. */
const LENGTHS = ranges(3, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]);
const DISTANCES = ranges(1, [0, 0, 0, 0, ...Array.from({ length: 26 }, (_, i) => (i >> 1) + 1)]);
/** Section 3.2.7: in which order the lengths of the code for lengths stand. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * @param {number} start
 * @param {number[]} extras
 */
function ranges(start, extras) {
  let from = start;
  return extras.map((extra) => {
    const range = { from, extra };
    from += 2 ** extra;
    return range;
  });
}
LENGTHS.push({ from: 258, extra: 0 });

/**
 * Build a code from the lengths of its symbols; one that is over-subscribed is refused, and one
 * that is incomplete unless it has a single symbol of one bit, as zlib has it.
 * @param {number[]} lengths
 * @param {boolean} whole refuses every incomplete code
 * @returns {Code}
 */
function build(lengths, whole = false) {
  const counts = new Uint16Array(BITS_MAX + 1);
  for (const length of lengths) counts[length] += 1;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= BITS_MAX; length++) {
    left = 2 * left - counts[length];
    ensure(left >= 0, "notDense");
  }
  ensure(left === 0 || (!whole && (used === 0 || (used === 1 && counts[1] === 1))), "notDense");
  const starts = new Uint16Array(BITS_MAX + 2);
  for (let length = 1; length <= BITS_MAX; length++) {
    starts[length + 1] = starts[length] + counts[length];
  }
  const symbols = new Uint16Array(used);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[starts[length]++] = symbol;
  });
  return { counts, symbols };
}

const FIXED = {
  literals: build(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
  distances: build(Array.from({ length: 32 }, () => 5)),
};

class Inflater {
  /**
   * @param {Bytes} bytes
   * @param {number} most
   */
  constructor(bytes, most) {
    this.bytes = bytes;
    this.most = most;
    this.at = 0;
    this.bit = 0;
    /** @type {number[]} */
    this.out = [];
  }

  /** @param {number} count of bits, at most 16 */
  bits(count) {
    let value = 0;
    for (let i = 0; i < count; i++) {
      ensure(this.at < this.bytes.length, "notDense");
      value |= ((this.bytes[this.at] >> this.bit) & 1) << i;
      this.bit = (this.bit + 1) % 8;
      if (this.bit === 0) this.at += 1;
    }
    return value;
  }

  /** @param {Code} code */
  symbol({ counts, symbols }) {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= BITS_MAX; length++) {
      code |= this.bits(1);
      if (code - counts[length] < first) return symbols[index + (code - first)];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new Refused("notDense");
  }

  /** @param {number} byte */
  put(byte) {
    ensure(this.out.length < this.most, "notDense");
    this.out.push(byte);
  }

  stored() {
    if (this.bit > 0) [this.bit, this.at] = [0, this.at + 1];
    const [size, complement] = [this.bits(16), this.bits(16)];
    ensure((size ^ complement) === 0xffff, "notDense");
    ensure(size <= this.bytes.length - this.at, "notDense");
    for (let i = 0; i < size; i++) this.put(this.bytes[this.at++]);
  }

  codes() {
    const [literals, distances, lengths] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    ensure(literals <= 286 && distances <= 30, "notDense");
    /** @type {number[]} */
    const short = Array.from({ length: 19 }, () => 0);
    for (let i = 0; i < lengths; i++) short[ORDER[i]] = this.bits(3);
    const code = build(short, true);
    /** @type {number[]} */
    const all = [];
    while (all.length < literals + distances) {
      const symbol = this.symbol(code);
      if (symbol < 16) all.push(symbol);
      else this.repeat(all, symbol);
      ensure(all.length <= literals + distances, "notDense");
    }
    ensure(all[END] !== 0, "notDense");
    return {
      literals: build(all.slice(0, literals)),
      distances: build(all.slice(literals)),
    };
  }

  /**
   * @param {number[]} all
   * @param {number} symbol 16 to 18
   */
  repeat(all, symbol) {
    ensure(symbol !== 16 || all.length > 0, "notDense");
    const value = symbol === 16 ? all[all.length - 1] : 0;
    const count = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
    for (let i = 0; i < count; i++) all.push(value);
  }

  /** @param {{literals: Code, distances: Code}} codes */
  compressed({ literals, distances }) {
    for (let symbol = this.symbol(literals); symbol !== END; symbol = this.symbol(literals)) {
      if (symbol < END) this.put(symbol);
      else this.copy(LENGTHS[symbol - END - 1], distances);
    }
  }

  /**
   * @param {{from: number, extra: number} | undefined} length
   * @param {Code} distances
   */
  copy(length, distances) {
    if (length === undefined) throw new Refused("notDense");
    const count = length.from + this.bits(length.extra);
    const range = DISTANCES[this.symbol(distances)];
    if (range === undefined) throw new Refused("notDense");
    const distance = range.from + this.bits(range.extra);
    ensure(distance <= this.out.length, "notDense");
    for (let i = 0; i < count; i++) this.put(this.out[this.out.length - distance]);
  }

  run() {
    for (let last = false; !last; ) {
      last = this.bits(1) === 1;
      const kind = this.bits(2);
      ensure(kind < 3, "notDense");
      if (kind === 0) this.stored();
      else this.compressed(kind === 1 ? FIXED : this.codes());
    }
    ensure(this.at + (this.bit > 0 ? 1 : 0) === this.bytes.length, "notDense");
    return Uint8Array.from(this.out);
  }
}

/**
 * @param {Bytes} bytes
 * @param {number} most bytes that may come of it
 * @returns {Bytes}
 * @throws {Refused}
 */
export function inflate(bytes, most) {
  return new Inflater(bytes, most).run();
}
