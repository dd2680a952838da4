/** Seals of a network: what its validators voted for (format, section 20). */

import * as bounds from "./bounds.mjs";
import { ascii, compare, equal, join, joinAll, toHex } from "./bytes.mjs";
import * as ed25519 from "./ed25519.mjs";
import { HASHES } from "./hash.mjs";
import { listRoot } from "./merkle.mjs";
import { byteString, decode, integer, largeInteger, list, record } from "./msgpack.mjs";
import * as protobuf from "./protobuf.mjs";
import { ensure } from "./reasons.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

// All hashes of a network are these, whatever the hash of the chain.
const { sha256 } = HASHES;

const ADDRESS_BYTES = 20;
/** A vote for the block. */
const FOR_BLOCK = 2;
const PRECOMMIT = 2;
/** Places in a header of the engine. */
const [CHAIN, HEIGHT, TIME, VALIDATORS, APP, FIELDS] = [1, 2, 3, 7, 10, 14];

// ---------------------------------------------------------------------------------------- shapes

const validator = record({
  key: byteString(32, 32),
  power: integer(bounds.POWER_MAX, 1),
});

const vote = record({
  flag: integer(3, 1),
  seconds: largeInteger(bounds.VOTE_SECONDS_MAX),
  nanoseconds: integer(bounds.NANOSECONDS_MAX),
  signature: byteString(0, 64),
});

const lightBlock = record({
  header: list(byteString(0, bounds.ENGINE_FIELD_BYTES_MAX), FIELDS, FIELDS),
  round: integer(bounds.INT32_MAX),
  parts: integer(bounds.INT32_MAX, 1),
  partsHash: bounds.hash,
  votes: list(vote, 1, bounds.VALIDATORS_MAX),
  validators: list(validator, 1, bounds.VALIDATORS_MAX),
});

const certificateShape = record({
  trusted: list(validator, 0, bounds.VALIDATORS_MAX),
  steps: list(lightBlock, 1, bounds.STEPS_MAX),
});

/** @typedef {ReturnType<typeof validator>} Validator */
/** @typedef {ReturnType<typeof vote>} Vote */
/** @typedef {ReturnType<typeof lightBlock>} LightBlock */
/**
 * @typedef {{height: number, signed: number, power: number, validators: number, voted: number,
 *   steps: number}} Sealed by whom: power that voted of all power, and validators likewise;
 *   `height` is the engine's, `steps` the sets that were followed
 */

// ----------------------------------------------------------------------------------------- sets

/** @param {Validator} one */
const addressOf = ({ key }) => sha256(key).subarray(0, ADDRESS_BYTES);

/**
 * Return validators in their order, the most powerful first, then by address.
 * @param {Validator[]} validators
 */
function inOrder(validators) {
  const addressed = validators.map((one) => ({ one, address: addressOf(one) }));
  addressed.sort((a, b) => b.one.power - a.one.power || compare(a.address, b.address));
  return addressed.map(({ one }) => one);
}

/** @param {Validator} one */
const nameOf = ({ key }) => toHex(key);

/**
 * Check that validators stand in their order, each once.
 * @param {Validator[]} validators
 */
function checkOrder(validators) {
  const ordered = inOrder(validators);
  ensure(validators.every((one, i) => one === ordered[i]), "validatorsUnordered");
  ensure(new Set(validators.map(nameOf)).size === validators.length, "validatorsUnordered");
}

/** @param {Validator[]} validators */
function setHash(validators) {
  const leaves = inOrder(validators).map(({ key, power }) =>
    join(protobuf.bytes(1, protobuf.bytes(1, key)), protobuf.number(2, power)),
  );
  return listRoot(sha256, leaves);
}

/** @param {Validator[]} validators */
const powerOf = (validators) => validators.reduce((sum, { power }) => sum + power, 0);

// --------------------------------------------------------------------------------------- a block

/**
 * Return the name of the network of a ledger.
 * @param {Bytes} chain id
 */
export function networkOf(chain) {
  return ascii(`tj-${toHex(chain).slice(0, 40)}`);
}

/**
 * Return what a validator signs, but for the time of its vote and the network.
 * @param {LightBlock} step
 * @param {bigint} height
 */
function voteHead(step, height) {
  const parts = join(protobuf.number(1, step.parts), protobuf.bytes(2, step.partsHash));
  const block = join(protobuf.bytes(1, listRoot(sha256, step.header)), protobuf.bytes(2, parts));
  return join(
    protobuf.number(1, PRECOMMIT),
    protobuf.fixed64(2, height),
    protobuf.fixed64(3, step.round),
    protobuf.bytes(4, block),
  );
}

/**
 * Check one block: its fields, its validators, and that more than two thirds of their power voted.
 * @param {LightBlock} step
 * @param {Bytes} network
 * @returns {{height: bigint, voters: Validator[]}}
 */
function verifyStep(step, network) {
  const { header, votes, validators } = step;
  ensure(equal(header[CHAIN], protobuf.bytes(1, network)), "otherNetwork");
  const [height] = protobuf.readNumbers(header[HEIGHT], 1);
  protobuf.readNumbers(header[TIME], 2);
  checkOrder(validators);
  ensure(equal(header[VALIDATORS], protobuf.bytes(1, setHash(validators))), "otherValidators");
  ensure(votes.length === validators.length, "voteCount");
  const voters = validators.filter((_, i) => votes[i].flag === FOR_BLOCK);
  ensure(3 * powerOf(voters) > 2 * powerOf(validators), "tooLittlePower");

  const begin = voteHead(step, height);
  const end = protobuf.bytes(6, network);
  validators.forEach(({ key }, i) => {
    const { flag, seconds, nanoseconds, signature } = votes[i];
    if (flag !== FOR_BLOCK) return;
    const time = join(protobuf.number(1, seconds), protobuf.number(2, nanoseconds));
    const signed = joinAll([begin, protobuf.message(5, time), end]);
    const message = join(protobuf.uvarint(signed.length), signed);
    const holds = ed25519.isSoundKey(key) && ed25519.holds(key, message, signature);
    ensure(holds, "badVote");
  });
  return { height, voters };
}

/**
 * Tell whether validators with more than a third of a set's power are among the voters.
 * @param {Validator[]} known
 * @param {Validator[]} voters
 */
function isFollowed(known, voters) {
  const voted = new Set(voters.map(nameOf));
  const agreed = known.filter((one) => voted.has(nameOf(one)));
  return 3 * powerOf(agreed) > powerOf(known);
}

// ------------------------------------------------------------------------------- the certificate

/**
 * Check that the validators whom a trust file leads to voted for a block of this header.
 * @param {Bytes} anchor the hash of the set that the trust file names
 * @param {Bytes} chain id
 * @param {Bytes} headerHash
 * @param {Bytes} bytes of the certificate
 * @returns {{set: Bytes, sealed: Sealed}} the hash of the set that sealed, and who of it
 */
export function verifyCertificate(anchor, chain, headerHash, bytes) {
  ensure(bytes.length <= bounds.CERTIFICATE_BYTES_MAX, "outOfBounds");
  const { trusted, steps } = decode(bytes, certificateShape);
  const network = networkOf(chain);
  /** @type {Validator[] | null} */
  let known = equal(setHash(trusted), anchor) ? trusted : null;
  let before = -1n;
  let last = { height: 0n, voters: /** @type {Validator[]} */ ([]) };
  for (const step of steps) {
    last = verifyStep(step, network);
    ensure(last.height > before, "stepsUnordered");
    before = last.height;
    if (equal(setHash(step.validators), anchor)) known = step.validators;
    else if (known !== null) {
      ensure(isFollowed(known, last.voters), "notFollowed");
      known = step.validators;
    }
  }
  ensure(known !== null, "notKnown");
  const { header, validators } = steps[steps.length - 1];
  ensure(equal(header[APP], protobuf.bytes(1, headerHash)), "otherAppHash");
  const sealed = {
    height: Number(last.height),
    signed: powerOf(last.voters),
    power: powerOf(validators),
    validators: validators.length,
    voted: last.voters.length,
    steps: steps.length,
  };
  return { set: setHash(validators), sealed };
}
