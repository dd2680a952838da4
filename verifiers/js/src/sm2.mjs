/**
 * SM2 with SM3 by the rule of the format, section 3: points by @noble/curves, the rest is here.
 *
 * WebCrypto has neither.
 */

import { weierstrass } from "@noble/curves/abstract/weierstrass.js";

import { ascii, bigEndian, join, toHex } from "./bytes.mjs";
import { sm3 } from "./sm3.mjs";

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const GX = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
const GY = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;
const IDENTITY = ascii("1234567812345678");
const KEY_BYTES = 65;
const SIGNATURE_BYTES = 64;

const Point = weierstrass({ p: P, n: N, h: 1n, a: P - 3n, b: B, Gx: GX, Gy: GY });

/** @param {Bytes} bytes */
const toNumber = (bytes) => BigInt(`0x${toHex(bytes)}`);

/** @param {bigint} value below 2^256 */
function wide(value) {
  const bytes = new Uint8Array(32);
  for (let i = 31, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** What precedes the key in Z: the length of the identity in bits, the identity, the curve. */
const BEFORE_KEY = join(
  bigEndian(8 * IDENTITY.length, 2),
  IDENTITY,
  ...[P - 3n, B, GX, GY].map(wide),
);

/**
 * Tell whether a key is an uncompressed point of the curve.
 * @param {Bytes} key
 */
export function isSoundKey(key) {
  if (key.length !== KEY_BYTES || key[0] !== 4) return false;
  const [x, y] = [toNumber(key.subarray(1, 33)), toNumber(key.subarray(33))];
  return x < P && y < P && (y * y - (x * x - 3n) * x - B) % P === 0n;
}

/**
 * Tell whether a signature holds (GB/T 32918.2-2016, clause 7.1). The key is a sound one.
 * @param {Bytes} key
 * @param {Bytes} message
 * @param {Bytes} signature
 */
export function holds(key, message, signature) {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const [r, s] = [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))];
  const t = (r + s) % N;
  if (r === 0n || s === 0n || r >= N || s >= N || t === 0n) return false;
  const e = toNumber(sm3(join(sm3(join(BEFORE_KEY, key.subarray(1))), message)));
  const own = Point.fromAffine({
    x: toNumber(key.subarray(1, 33)),
    y: toNumber(key.subarray(33)),
  });
  const sum = Point.BASE.multiplyUnsafe(s).add(own.multiplyUnsafe(t));
  return !sum.is0() && (e + sum.toAffine().x) % N === r;
}
