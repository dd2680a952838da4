/** Byte strings: hexadecimal, order, joining, numbers of fixed width. */

/** @typedef {Uint8Array} Bytes */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** @param {Bytes} bytes */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/**
 * Read hexadecimal digits of either case, two a byte.
 * @param {string} text
 * @returns {Bytes | null} null where the text is anything else
 */
export function fromHex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * Read base64 in its one form (RFC 4648, section 4: padded, no spare bits).
 * @param {string} text
 * @returns {Bytes | null} null where the text is anything else
 */
export function fromBase64(text) {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const plain = atob(text);
  if (btoa(plain) !== text) return null;
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/**
 * Compare two byte strings bytewise; a prefix comes before what it begins.
 * @param {Bytes} one
 * @param {Bytes} two
 * @returns {number} below, equal to or above zero
 */
export function compare(one, two) {
  const shared = Math.min(one.length, two.length);
  for (let i = 0; i < shared; i++) {
    const difference = one[i] - two[i];
    if (difference !== 0) return difference;
  }
  return one.length - two.length;
}

/**
 * @param {Bytes} one
 * @param {Bytes} two
 */
export function equal(one, two) {
  return compare(one, two) === 0;
}

/** @param {...Bytes} parts */
export function join(...parts) {
  return joinAll(parts);
}

/** @param {Bytes[]} parts */
export function joinAll(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Write a number big-endian in a fixed number of bytes.
 * @param {number} value at most 2^53 - 1
 * @param {number} width in bytes
 */
export function bigEndian(value, width) {
  const bytes = new Uint8Array(width);
  for (let i = width - 1, rest = value; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** @param {string} text of ASCII characters */
export function ascii(text) {
  return new TextEncoder().encode(text);
}
