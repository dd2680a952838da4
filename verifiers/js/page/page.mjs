/** The page: takes a receipt and a trust file, shows the verdict. It asks nobody else. */

import { isCheckpoint } from "../src/heads.mjs";
import { Unusable, judge } from "../src/judge.mjs";
import { mistakenFor } from "../src/mistaken.mjs";
import { Refused } from "../src/reasons.mjs";
import { VerificationFailed } from "../src/steps.mjs";
import { receiptInText } from "../src/text.mjs";
import { TrustInvalid, readTrust } from "../src/trust.mjs";
import { say } from "../src/words.mjs";
import { find, make } from "./dom.mjs";
import { open, read } from "./files.mjs";
import { banner, showFailed, showJudged, showProblem, showRefused, speaker } from "./render.mjs";
import { WORDS } from "./words.mjs";

/** @typedef {import("../src/bytes.mjs").Bytes} Bytes */
/** @typedef {import("../src/words.mjs").Language} Language */
/** @typedef {import("./files.mjs").Given} Given */

/**
 * @type {{language: Language, receipt: Given | null, trust: Given | null,
 *   kept: Given | null}} `kept`: an earlier head of the log */
const state = {
  language: navigator.language.startsWith("zh") ? "zh" : "en",
  receipt: null,
  trust: null,
  kept: null,
};

// -------------------------------------------------------------------------------------- verdict

/** @returns {Node[]} */
function verdict() {
  const { language, receipt, trust, kept } = state;
  const speak = speaker(language);
  if (receipt === null && trust === null && kept === null) return [];
  if (receipt?.problem !== undefined) return showProblem(language, receipt.problem);
  if (receipt === null) return [make("p.card", {}, speak("missingReceipt"))];
  if (trust === null) return [make("p.card", {}, speak("missingTrust"))];
  try {
    const anchors = readTrust(trust.bytes);
    const begun = performance.now();
    const judged = judge(receipt.bytes, anchors, { kept: kept?.bytes ?? null, nowMs: Date.now() });
    return showJudged(language, judged, anchors.label, performance.now() - begun);
  } catch (error) {
    if (error instanceof VerificationFailed) return showFailed(language, error);
    if (error instanceof Refused) return showRefused(language, error);
    if (error instanceof Unusable) return [banner(false, speak("nothing"), say(language, error.why))];
    if (!(error instanceof TrustInvalid)) throw error;
    const why = `${say(language, error.why)} ${speak("unusableThen")}`;
    return [banner(false, speak("unusable"), why)];
  }
}

/** @param {Given | null} given */
function describe(given) {
  const size = given?.bytes.length.toLocaleString() ?? "";
  return given === null ? "" : `${given.name} (${size} ${speaker(state.language)("bytes")})`;
}

function show() {
  const { language } = state;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-say]")) {
    element.textContent = say(language, WORDS[element.getAttribute("data-say") ?? ""]);
  }
  find("language").textContent = speaker(language)("otherLanguage");
  find("receipt-given").textContent = describe(state.receipt);
  find("trust-given").textContent = describe(state.trust);
  find("kept-given").textContent = describe(state.kept);
  present(verdict());
}

/**
 * Show a verdict; its first element is what a screen reader announces.
 * @param {Node[]} nodes
 */
function present([first, ...rest]) {
  find("status").replaceChildren(...(first === undefined ? [] : [first]));
  find("result").replaceChildren(...rest);
}

// ---------------------------------------------------------------------------------------- files

/** How many receipts were chosen: a picture may be overtaken by what is chosen while it is read. */
let chosen = 0;

/** @param {Given} given */
async function take(given) {
  const turn = ++chosen;
  state.receipt = null;
  present([make("p.card", {}, speaker(state.language)("reading"))]);
  const opened = await open(given);
  if (turn !== chosen) return;
  state.receipt = opened;
  show();
}

/**
 * @param {"receipt" | "trust" | "kept"} what
 * @param {Event} event
 */
async function choose(what, event) {
  const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
  if (what === "receipt" && file !== undefined) return take(await read(file));
  if (what === "receipt") chosen += 1;
  state[what] = file === undefined ? null : await read(file);
  show();
}

/**
 * Say for which place a file is that was dropped: a second checkpoint is the one that was kept.
 * @param {Given[]} given
 */
function places(given) {
  const trust = given.findLast(({ bytes }) => mistakenFor(bytes) === "isTrust");
  const rest = given.filter((one) => mistakenFor(one.bytes) !== "isTrust");
  const receipt = rest.findLast(({ bytes }) => !isCheckpoint(bytes)) ?? rest.at(-1);
  const kept = rest.findLast((one) => one !== receipt && isCheckpoint(one.bytes));
  return { trust, receipt, kept };
}

/** @param {DragEvent} event */
async function drop(event) {
  event.preventDefault();
  document.querySelector(".inputs")?.classList.remove("over");
  const given = await Promise.all([...(event.dataTransfer?.files ?? [])].map(read));
  const { trust, receipt, kept } = places(given);
  if (kept !== undefined) state.kept = kept;
  if (trust !== undefined) state.trust = trust;
  if (receipt !== undefined) await take(receipt);
  show();
}

/** @param {DragEvent} event */
function dragOver(event) {
  event.preventDefault();
  document.querySelector(".inputs")?.classList.add("over");
}

// ----------------------------------------------------------------------------------------- text

/**
 * Read a receipt as text; base64 may be that for addresses (RFC 4648, section 5), without padding.
 * @param {string} text
 * @returns {Bytes | null}
 */
function fromText(text) {
  const plain = text.replaceAll(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
  const padded = plain.replace(/=*$/, "").padEnd(4 * Math.ceil(plain.length / 4), "=");
  try {
    return receiptInText(text.startsWith("0oR") ? padded : text);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return new TextEncoder().encode(text);
  }
}

/**
 * @param {string} id
 * @returns {string}
 */
function textOf(id) {
  return /** @type {HTMLTextAreaElement} */ (find(id)).value.trim();
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  const speak = speaker(state.language);
  const [receipt, trust] = [textOf("receipt-text"), textOf("trust-text")];
  const bytes = fromText(receipt);
  if (trust !== "") state.trust = { name: "JSON", bytes: new TextEncoder().encode(trust) };
  if (receipt !== "") chosen += 1;
  if (receipt !== "" && bytes !== null) state.receipt = { name: speak("receipt"), bytes };
  show();
  if (bytes === null) present([banner(false, speak("notText"), "")]);
}

// ----------------------------------------------------------------------------------------- start

find("language").addEventListener("click", () => {
  state.language = state.language === "zh" ? "en" : "zh";
  show();
});
find("receipt").addEventListener("change", (event) => choose("receipt", event));
find("trust").addEventListener("change", (event) => choose("trust", event));
find("kept").addEventListener("change", (event) => choose("kept", event));
find("pasted").addEventListener("submit", submit);
document.addEventListener("dragover", dragOver);
document.addEventListener("drop", drop);
show();
