/** SM3 (GB/T 32905-2016). */

/** @typedef {import("./bytes.mjs").Bytes} Bytes */

const START = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];
const BLOCK = 64;

/**
 * @param {number} word
 * @param {number} bits 1 to 31
 */
const rotate = (word, bits) => (word << bits) | (word >>> (32 - bits));
/** @param {number} x */
const p0 = (x) => x ^ rotate(x, 9) ^ rotate(x, 17);
/** @param {number} x */
const p1 = (x) => x ^ rotate(x, 15) ^ rotate(x, 23);

/** T_j rotated by j (clauses 4.2 and 5.3.3). */
const ROUND = Int32Array.from({ length: 64 }, (_, j) => {
  const constant = j < 16 ? 0x79cc4519 : 0x7a879d8a;
  return j % 32 === 0 ? constant : rotate(constant, j % 32);
});

const words = new Int32Array(68);

/**
 * Clause 5.3.2: stretch a block to 68 words.
 * @param {DataView} message
 * @param {number} at
 */
function expand(message, at) {
  for (let j = 0; j < 16; j++) words[j] = message.getInt32(at + 4 * j);
  for (let j = 16; j < 68; j++) {
    const mixed = words[j - 16] ^ words[j - 9] ^ rotate(words[j - 3], 15);
    words[j] = p1(mixed) ^ rotate(words[j - 13], 7) ^ words[j - 6];
  }
}

/**
 * Clause 5.3.3: mix a block into the eight words of the state.
 * @param {Int32Array} state
 */
function compress(state) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let j = 0; j < 64; j++) {
    const turned = rotate(a, 12);
    const ss1 = rotate((turned + e + ROUND[j]) | 0, 7);
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ turned) + (words[j] ^ words[j + 4])) | 0;
    const tt2 = (gg + h + ss1 + words[j]) | 0;
    [d, c, b, a] = [c, rotate(b, 9), a, tt1];
    [h, g, f, e] = [g, rotate(f, 19), e, p0(tt2)];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] ^= word));
}

/**
 * @param {Bytes} bytes
 * @returns {Bytes} 32 bytes
 */
export function sm3(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const message = new DataView(padded.buffer);
  message.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);

  const state = Int32Array.from(START);
  for (let at = 0; at < padded.length; at += BLOCK) {
    expand(message, at);
    compress(state);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}
