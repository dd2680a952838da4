/** The state tree (format, section 6) and the part of it that a receipt shows (section 8). */

import * as bounds from "./bounds.mjs";
import { bigEndian, equal } from "./bytes.mjs";
import { fillIn } from "./merkle.mjs";
import { byteString, integer, list, record } from "./msgpack.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */
/** @typedef {import("./hash.mjs").Hash} Hash */

const TWIG_HEIGHT = 9;
const TWIG_SIZE = 2 ** TWIG_HEIGHT;

const entry = record({
  number: integer(bounds.NUMBER_MAX),
  key: byteString(0, bounds.KEY_BYTES_MAX),
  valueHash: bounds.hash,
  next: byteString(0, bounds.KEY_BYTES_MAX),
  height: integer(bounds.NUMBER_MAX),
});

const twig = record({
  number: integer(bounds.NUMBER_MAX),
  bits: byteString(TWIG_SIZE / 8, TWIG_SIZE / 8),
  nodes: list(bounds.hash, 0, bounds.TWIG_NODES_MAX),
});

/**
 * @param {number} entries
 * @param {number} nodes
 */
const proofOf = (entries, nodes) =>
  record({
    count: integer(bounds.NUMBER_MAX),
    entries: list(entry, 0, entries),
    twigs: list(twig, 0, entries),
    nodes: list(bounds.hash, 0, nodes),
  });

/** Shape of a state proof. */
export const stateProof = proofOf(bounds.ENTRIES_MAX, bounds.NODES_MAX);
/** Shape of the state before a decision. */
export const stateBefore = proofOf(bounds.DECISION_ENTRIES_MAX, bounds.DECISION_NODES_MAX);

/** @typedef {ReturnType<typeof entry>} Entry */
/** @typedef {ReturnType<typeof twig>} Twig */
/** @typedef {ReturnType<typeof stateProof>} StateProof */

/**
 * @param {Hash} hash
 * @param {Entry} shown
 */
function leafHash(hash, shown) {
  return hash(
    Uint8Array.of(0),
    bigEndian(shown.key.length, 2),
    shown.key,
    shown.valueHash,
    bigEndian(shown.next.length, 2),
    shown.next,
    bigEndian(shown.height, 8),
  );
}

/**
 * @param {Twig} shown
 * @param {number} place of an entry in the twig
 */
function isActive(shown, place) {
  return ((shown.bits[place >> 3] >> (place & 7)) & 1) === 1;
}

/**
 * Compute the hash of a twig from those of its entries that are shown.
 * @param {Hash} hash
 * @param {Twig} shown
 * @param {Entry[]} entries
 */
function twigHash(hash, shown, entries) {
  const leaves = new Map(entries.map((each) => [each.number % TWIG_SIZE, leafHash(hash, each)]));
  const root = fillIn(hash, TWIG_HEIGHT, leaves, shown.nodes);
  return hash(Uint8Array.of(2), root, shown.bits);
}

/**
 * Return the height of the tree over the twigs.
 * @param {number} count of entries, at least one
 */
function upperHeight(count) {
  const twigs = Math.ceil(count / TWIG_SIZE);
  let height = 0;
  while (2 ** height < twigs) height += 1;
  return height;
}

/**
 * Check that all entries shown stood in the state with this root.
 * @param {Hash} hash
 * @param {StateProof} proof
 * @param {Bytes} stateRoot
 */
export function verifyState(hash, proof, stateRoot) {
  /** @type {Map<number, Entry[]>} */
  const byTwig = new Map();
  let before = -1;
  for (const shown of proof.entries) {
    ensure(shown.number > before, "entriesUnordered");
    ensure(shown.number < proof.count, "entryOutside");
    before = shown.number;
    const number = Math.floor(shown.number / TWIG_SIZE);
    const others = byTwig.get(number);
    if (others === undefined) byTwig.set(number, [shown]);
    else others.push(shown);
  }
  ensure(before >= 0, "entriesUnordered");

  const numbers = [...byTwig.keys()];
  ensure(numbers.length === proof.twigs.length, "twigsDiffer");
  ensure(proof.twigs.every((shown, i) => shown.number === numbers[i]), "twigsDiffer");

  /** @type {Map<number, Bytes>} */
  const hashes = new Map();
  for (const shown of proof.twigs) {
    const entries = byTwig.get(shown.number) ?? [];
    ensure(entries.every((each) => isActive(shown, each.number % TWIG_SIZE)), "notActive");
    hashes.set(shown.number, twigHash(hash, shown, entries));
  }
  const top = fillIn(hash, upperHeight(proof.count), hashes, proof.nodes);
  const root = hash(Uint8Array.of(3), bigEndian(proof.count, 8), top);
  ensure(equal(root, stateRoot), "stateRootDiffers");
}
