/** Headers of blocks (format, section 7). */

import * as bounds from "./bounds.mjs";
import { integer, record } from "./msgpack.mjs";

/** Shape of a header. */
export const header = record({
  version: integer(1),
  chain: bounds.hash,
  height: integer(bounds.NUMBER_MAX),
  timeMs: integer(bounds.TIME_MS_MAX),
  previous: bounds.hash,
  stateRoot: bounds.hash,
  logRoot: bounds.hash,
  logSize: integer(bounds.NUMBER_MAX),
  batch: bounds.hash,
});

/** @typedef {ReturnType<typeof header>} Header */
