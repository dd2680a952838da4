/** Bounds of the values in a receipt (format, sections 7 and 8). */

import { byteString } from "./msgpack.mjs";

export const RECEIPT_BYTES_MAX = 8 * 2 ** 20;
export const TRUST_BYTES_MAX = 2 ** 20;
/** Of a height, a number of an entry or a twig, a size of the log. */
export const NUMBER_MAX = 2 ** 40;
export const TIME_MS_MAX = 2 ** 43;
export const KEY_BYTES_MAX = 250;
/** Of a row, and of an event. */
export const VALUE_BYTES_MAX = 16384;
export const STATEMENTS_MAX = 64;
/** In a state proof, and in a range. */
export const ENTRIES_MAX = 1002;
export const TWIG_NODES_MAX = 512;
export const NODES_MAX = 32064;
export const TRANSACTION_BYTES_MAX = 262144;
export const EVENTS_MAX = 64000;
export const OUTCOME_CHARACTERS_MAX = 80;
export const PATH_MAX = 64;

// Of decisions (section 16).
export const HEADER_BYTES_MAX = 1024;
export const DECISION_ENTRIES_MAX = 20_000;
export const DECISION_NODES_MAX = 640_000;
export const BLOCK_TRANSACTIONS_MAX = 2000;
export const ENVELOPE_BYTES_MAX = 393_408;
/** Digests of code. */
export const CODE_MAX = 65;

// Of COSE receipts (section 11).
export const COSE_BYTES_MAX = 2 ** 20;
export const COSE_RECEIPTS_MAX = 16;

// Of files that say what was not seen (section 21).
export const NOT_SEEN_BYTES_MAX = 32 * 2 ** 20;
export const NOT_SEEN_RECEIPT_BYTES_MAX = 2 * 2 ** 20;
export const NOT_SEEN_ENTRIES_MAX = 200_000;
export const LOG_ENTRY_BYTES_MAX = 160;

// Of certificates (section 20).
export const CERTIFICATE_BYTES_MAX = 2 ** 20;
export const STEPS_MAX = 64;
export const VALIDATORS_MAX = 100;
export const POWER_MAX = 1_000_000;
export const ENGINE_FIELD_BYTES_MAX = 256;
export const INT32_MAX = 2 ** 31 - 1;
export const VOTE_SECONDS_MAX = 2n ** 62n;
export const NANOSECONDS_MAX = 999_999_999;

/** Shape of a digest. */
export const hash = byteString(32, 32);
