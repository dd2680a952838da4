/** Merkle trees: inclusion in the log (RFC 9162), and nodes filled in from known leaves. */

import { equal } from "./bytes.mjs";
import { Refused, ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./hash.mjs").Hash} Hash */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * Compute the root over a list of entries (RFC 9162, 2.1.1).
 * @param {Hash} hash
 * @param {Bytes[]} entries
 * @returns {Bytes}
 */
export function listRoot(hash, entries) {
  if (entries.length === 0) return hash();
  if (entries.length === 1) return hash(LEAF, entries[0]);
  let left = 1;
  while (2 * left < entries.length) left *= 2;
  return hash(NODE, listRoot(hash, entries.slice(0, left)), listRoot(hash, entries.slice(left)));
}

/**
 * Compute the root to which an inclusion path leads (RFC 9162, 2.1.3.2).
 * @param {Hash} hash
 * @param {Bytes} entry
 * @param {number} index below the size
 * @param {number} size of the log
 * @param {Bytes[]} path
 */
export function inclusionRoot(hash, entry, index, size, path) {
  ensure(index < size, "indexOutside");
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  let root = hash(LEAF, entry);
  for (const sibling of path) {
    ensure(last > 0n, "nodesLeft");
    if (place % 2n === 1n || place === last) {
      root = hash(NODE, sibling, root);
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      root = hash(NODE, root, sibling);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  ensure(last === 0n, "nodesMissing");
  return root;
}

/**
 * Compute the root of a second log to which a consistency path leads (RFC 9162, 2.1.4.2).
 * @param {Hash} hash
 * @param {number} first size
 * @param {number} second size
 * @param {Bytes} firstRoot
 * @param {Bytes[]} path
 */
export function consistencyRoot(hash, first, second, firstRoot, path) {
  if (first === second) {
    ensure(path.length === 0, "nodesLeft");
    return firstRoot;
  }
  ensure(first > 0 && first < second && path.length > 0, "nodesMissing");
  let [place, last] = [BigInt(first) - 1n, BigInt(second) - 1n];
  const isPower = (BigInt(first) & place) === 0n;
  const [begin, ...rest] = isPower ? [firstRoot, ...path] : path;
  while (place % 2n === 1n) [place, last] = [place / 2n, last / 2n];
  let [old, root] = [begin, begin];
  for (const node of rest) {
    ensure(last > 0n, "nodesLeft");
    if (place % 2n === 1n || place === last) {
      [old, root] = [hash(NODE, node, old), hash(NODE, node, root)];
      while (place % 2n === 0n && place !== 0n) [place, last] = [place / 2n, last / 2n];
    } else {
      root = hash(NODE, root, node);
    }
    [place, last] = [place / 2n, last / 2n];
  }
  ensure(last === 0n, "nodesMissing");
  ensure(equal(old, firstRoot), "notPrefix");
  return root;
}

/**
 * Fill in a tree from some of its leaves and the listed nodes (format, section 8).
 * @param {Hash} hash
 * @param {number} height
 * @param {Map<number, Bytes>} leaves by position, ascending, at least one, below 2^height
 * @param {Bytes[]} nodes
 * @returns {Bytes} the root
 */
export function fillIn(hash, height, leaves, nodes) {
  let used = 0;
  let level = leaves;
  for (let i = 0; i < height; i++) {
    /** @type {Map<number, Bytes>} */
    const parents = new Map();
    for (const [position, node] of level) {
      const parent = Math.floor(position / 2);
      if (parents.has(parent)) continue;
      const isRight = position % 2 === 1;
      const sibling = level.get(isRight ? position - 1 : position + 1) ?? nodes[used++];
      if (sibling === undefined) throw new Refused("nodesMissing");
      parents.set(parent, isRight ? hash(NODE, sibling, node) : hash(NODE, node, sibling));
    }
    level = parents;
  }
  ensure(used === nodes.length, "nodesLeft");
  return /** @type {Bytes} */ (level.get(0));
}

/** A log of which only the complete subtrees are known, and which grows (RFC 9162, 2.1). */
export class Peaks {
  /** @type {{height: number, node: Bytes}[]} the largest first */
  #peaks;

  /**
   * @param {Hash} hash
   * @param {number} size
   * @param {Bytes[]} nodes roots of its complete subtrees, the largest first
   */
  constructor(hash, size, nodes) {
    const bits = size.toString(2);
    const heights = [...bits].flatMap((bit, i) => (bit === "1" ? [bits.length - 1 - i] : []));
    ensure(nodes.length >= heights.length, "nodesMissing");
    ensure(nodes.length <= heights.length, "nodesLeft");
    this.hash = hash;
    this.size = size;
    this.#peaks = heights.map((height, i) => ({ height, node: nodes[i] }));
  }

  /** @param {Bytes} entry */
  append(entry) {
    let [height, node] = [0, this.hash(LEAF, entry)];
    for (let last = this.#peaks.at(-1); last?.height === height; last = this.#peaks.at(-1)) {
      node = this.hash(NODE, last.node, node);
      height += 1;
      this.#peaks.pop();
    }
    this.#peaks.push({ height, node });
    this.size += 1;
  }

  /** @returns {Bytes} */
  root() {
    const nodes = this.#peaks.map(({ node }) => node);
    const last = nodes.pop();
    if (last === undefined) return this.hash();
    return nodes.reduceRight((right, left) => this.hash(NODE, left, right), last);
  }
}
