/** The QR codes in a picture, read on this device. */

import { decodeQRBatch } from "qr/decode.js";

import { isDenseAmong } from "./codes.mjs";
import { Unread } from "./unread.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {{width: number, height: number}} Size */

export const PICTURE_BYTES_MAX = 64 * 2 ** 20;
/** A4 at 800 dpi is 62 million; the program has the same limit. */
const PIXELS_MAX = 80_000_000;
const SIDE_MAX = 30_000;
/** What is searched at most: larger pictures are made smaller first. */
const SEARCHED_PIXELS_MAX = 12_000_000;
/** Below it a picture is also searched at twice its size: a module may be two pixels. */
const SMALL_PIXELS_MAX = 2_000_000;
const SEARCH_MS_MAX = 3000;
const EFFORT = 64;
const CODES_MAX = 16;

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

/**
 * @param {Bytes} bytes
 * @param {number[]} start
 */
function begins(bytes, start) {
  return start.every((byte, index) => bytes[index] === byte);
}

/** @param {Bytes} bytes */
export function isPicture(bytes) {
  return begins(bytes, PNG) || begins(bytes, JPEG);
}

/**
 * Read the size that a picture claims, before anything unpacks it.
 * @param {Bytes} bytes
 * @returns {Size | null}
 */
function sizeOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (begins(bytes, PNG)) {
    return bytes.length < 24 ? null : { width: view.getUint32(16), height: view.getUint32(20) };
  }
  for (let at = 2; at + 9 <= bytes.length; ) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff) return null;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // The frame header, SOF0 to SOF15 without the three markers among them that are none.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} factor
 * @param {number} turn in radians, between nothing and a quarter
 */
function pixels(bitmap, factor, turn) {
  const canvas = document.createElement("canvas");
  const [wide, high] = [bitmap.width * factor, bitmap.height * factor];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const width = Math.max(1, Math.round(wide * cos + high * sin));
  const height = Math.max(1, Math.round(wide * sin + high * cos));
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Unread("noPicture", "noPictureThen");
  // What is transparent is paper.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.translate(width / 2, height / 2);
  context.rotate(turn);
  context.drawImage(bitmap, -wide / 2, -high / 2, wide, high);
  return context.getImageData(0, 0, width, height);
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} factor
 * @param {number} turn
 * @returns {Promise<string[]>}
 */
async function search(bitmap, factor, turn) {
  const image = pixels(bitmap, factor, turn);
  try {
    const options = { effort: EFFORT, timeLimit: SEARCH_MS_MAX };
    const [found] = await decodeQRBatch([image], options);
    return found.filter((one) => typeof one === "string").slice(0, CODES_MAX);
  } catch {
    // Too small to hold a code.
    return [];
  }
}

/**
 * Ask the browser's own reader, where it has one.
 * @param {ImageBitmap} bitmap
 * @returns {Promise<string[]>}
 */
async function askBrowser(bitmap) {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Detector === undefined) return [];
  try {
    /** @type {{rawValue: string}[]} */
    const found = await new Detector({ formats: ["qr_code"] }).detect(bitmap);
    return found.slice(0, CODES_MAX).map((one) => one.rawValue);
  } catch {
    // Some systems announce a reader and have none.
    return [];
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Promise<string[]>}
 */
async function textsIn(bitmap) {
  const count = bitmap.width * bitmap.height;
  const whole = Math.min(1, Math.sqrt(SEARCHED_PIXELS_MAX / count));
  // Grain is less at half the size; a code that stands on its corner is found when turned upright.
  const attempts = [[whole, 0], [whole / 2, 0], [whole, Math.PI / 4]];
  if (count <= SMALL_PIXELS_MAX) attempts.push([2, 0]);
  /** @type {string[]} */
  const texts = [];
  for (const [factor, turn] of attempts) {
    texts.push(...(await search(bitmap, factor, turn)));
    if (isDenseAmong(texts)) return texts;
  }
  return [...texts, ...(await askBrowser(bitmap))];
}

/**
 * Return the texts of the QR codes in a picture.
 * @param {Bytes} bytes of a PNG or JPEG
 * @returns {Promise<string[]>}
 * @throws {Unread}
 */
export async function codesIn(bytes) {
  if (bytes.length > PICTURE_BYTES_MAX) throw new Unread("pictureTooLarge", "pictureTooLargeThen");
  const size = sizeOf(bytes);
  if (size === null) throw new Unread("noPicture", "noPictureThen");
  const { width, height } = size;
  if (width * height > PIXELS_MAX || Math.max(width, height) > SIDE_MAX) {
    throw new Unread("pictureTooLarge", "pictureTooLargeThen");
  }
  const type = begins(bytes, PNG) ? "image/png" : "image/jpeg";
  const blob = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type });
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    throw new Unread("noPicture", "noPictureThen");
  }
  try {
    return await textsIn(bitmap);
  } finally {
    bitmap.close();
  }
}
