/** What a verdict means, in sentences of two languages: English first. */

import { toHex } from "./bytes.mjs";
import { REASONS } from "./reasons.mjs";

/** @typedef {"en" | "zh"} Language */
/** @typedef {import("./steps.mjs").Step} Step */
/** @typedef {[en: string, zh: string]} Both */

/**
 * @param {Language} language
 * @param {Both | string[]} both
 */
export function say(language, [en, zh]) {
  return language === "zh" ? zh : en;
}

/** @type {Record<string, Both>} */
const TITLES = {
  form: ["form", "格式"],
  chain: ["chain", "账本"],
  seal: ["seal", "印鉴"],
  statements: ["statements", "陈述"],
  state: ["state", "状态"],
  row: ["row", "记录"],
  absence: ["absence", "不存在"],
  range: ["range", "区间"],
  transaction: ["transaction", "交易"],
  decision: ["decision", "裁决"],
  consistency: ["consistency", "一致性"],
  witnesses: ["witnesses", "见证"],
  fresh: ["fresh", "新近"],
  "earlier head": ["earlier head", "较早的账本头"],
  "later head": ["later head", "较晚的账本头"],
  kept: ["head that you kept", "留存的账本头"],
  statement: ["statement", "陈述"],
  entry: ["entry", "条目"],
  receipt: ["receipt", "凭据"],
  check: ["check", "校验"],
};

/**
 * @param {Language} language
 * @param {string} title of a step
 */
export function titleIn(language, title) {
  return say(language, TITLES[title] ?? [title, title]);
}

/**
 * @param {import("./network.mjs").Sealed} sealed
 * @returns {Both}
 */
function provesNetwork({ height, signed, power, validators, voted, steps }) {
  const followed = steps - 1;
  const [en, zh] =
    followed === 0
      ? ["", ""]
      : [
          `; their set was followed through ${followed} earlier ${followed === 1 ? "block" : "blocks"}`,
          `；该集合经 ${followed} 个较早区块延续而来`,
        ];
  return [
    `${voted} of ${validators} validators, with power ${signed} of ${power}, sealed this header ` +
      `in block ${height} of the network${en}`,
    `网络的 ${validators} 个验证节点中有 ${voted} 个（表决权 ${signed}/${power}）在第 ${height} ` +
      `个共识区块签署了该区块头${zh}`,
  ];
}

/**
 * Say what a step that held proves.
 * @param {Step} step
 * @returns {Both}
 */
function proves(step) {
  switch (step.title) {
    case "form":
      return ["the file is one receipt in its only valid form", "文件是一份凭据，且为唯一有效形式"];
    case "chain":
      return [
        `it speaks of ledger ${step.label}, block ${step.height}`,
        `凭据属于账本 ${step.label} 的第 ${step.height} 块`,
      ];
    case "seal":
      if (step.sealed !== null) return provesNetwork(step.sealed);
      return [
        `the operator's key ${toHex(step.keyId)} sealed this header`,
        `账本的印鉴密钥 ${toHex(step.keyId)} 签署了该区块头`,
      ];
    case "state":
      return [
        `the state that the header commits to holds what is shown: ${step.entries} ` +
          (step.entries === 1 ? "entry" : "entries"),
        `区块头所承诺的状态确含所出示的 ${step.entries} 个条目`,
      ];
    case "row":
      return [
        `this row stood at height ${step.height}, written at height ${step.written}`,
        `该记录在高度 ${step.height} 时有效，写入于高度 ${step.written}`,
      ];
    case "earlier head":
    case "later head": {
      const time = new Date(step.timeMs).toISOString();
      return [
        `block ${step.height} of ${time} is a head of the log`,
        `第 ${step.height} 块（${time}）是日志的一个账本头`,
      ];
    }
    case "absence":
      if (step.transaction !== undefined) {
        const id = toHex(step.transaction);
        return [
          `transaction ${id} is not in the log above height ${step.first} up to ${step.height}`,
          `高度 ${step.first} 之后至 ${step.height}，日志中没有交易 ${id}`,
        ];
      }
      return [`no row had this key at height ${step.height}`, `高度 ${step.height} 时没有此键的记录`];
    case "range":
      return [
        `these are all rows of the range at height ${step.height}: ${step.rows}`,
        `以下是高度 ${step.height} 时该区间的全部记录，共 ${step.rows} 条`,
      ];
    case "transaction":
      return [
        `it stands in the log as entry ${step.index}: ${step.outcome || "committed"}`,
        `交易是日志第 ${step.index} 项：${step.outcome ? `未通过，${step.outcome}` : "已生效"}`,
      ];
    case "decision":
      return [
        `it shows ${step.rows} rows as they stood at height ${step.height} and all ` +
          `${step.transactions} transactions of the block: enough to decide it again`,
        `出示了高度 ${step.height} 时的 ${step.rows} 行记录及该块全部 ${step.transactions} 笔交易，` +
          "足以重新裁决",
      ];
    case "consistency":
      return [
        `the log of ${step.logSize} entries begins with the ${step.size} of the earlier head ` +
          `whose log root is ${toHex(step.root)}: compare it with the head that you kept`,
        `共 ${step.logSize} 项的日志以较早账本头的 ${step.size} 项开头，其日志根为 ` +
          `${toHex(step.root)}：请与您留存的账本头比对`,
      ];
    case "fresh": {
      const moment = new Date(step.notBeforeMs).toISOString();
      return [
        `its block is not older than ${moment}, by the clock of whoever sealed it`,
        `按签署方时钟，区块不早于 ${moment}`,
      ];
    }
    case "kept":
      return [
        `this log begins with the ${step.size} entries of the head that you kept, of block ${step.height}`,
        `该日志以您留存的第 ${step.height} 块账本头的 ${step.size} 项开头`,
      ];
    case "statement":
      return [
        `the operator's key ${toHex(step.keyId)} signed this log entry`,
        `账本的印鉴密钥 ${toHex(step.keyId)} 签署了该日志条目`,
      ];
    case "entry":
      return [
        `transaction ${toHex(step.id)} was ${step.outcome ? `refused, ${step.outcome}` : "committed"}`,
        `交易 ${toHex(step.id)} ${step.outcome ? `未通过，${step.outcome}` : "已生效"}`,
      ];
    case "receipt": {
      const [en, zh] =
        step.signed.length === 0
          ? ["", ""]
          : [`, and witnesses signed it: ${step.signed.join(", ")}`, `，见证方 ${step.signed.join("、")} 亦已签署`];
      return [
        `it is entry ${step.index} of the log of ${step.size}, whose root is signed${en}`,
        `它是共 ${step.size} 项的日志的第 ${step.index} 项，日志根已签署${zh}`,
      ];
    }
    case "check":
      return [
        "every byte of the file is as its maker wrote it",
        "文件的每个字节都如制作者所写",
      ];
    case "witnesses":
      return [
        `this head was signed by ${step.signed.join(", ") || "no witness that is trusted"}; ` +
          `the trust file demands ${step.quorum}`,
        `该账本头的受信见证方：${step.signed.join("、") || "无"}；信任文件要求 ${step.quorum} 个`,
      ];
  }
}

/**
 * @param {Language} language
 * @param {Step} step
 */
export function provesIn(language, step) {
  return say(language, proves(step));
}

/**
 * @param {Language} language
 * @param {import("./reasons.mjs").Reason} reason
 */
export function reasonIn(language, reason) {
  return say(language, REASONS[reason]);
}

/** Sections of the format by the titles of steps; those of section 8 are not listed. */
const SECTIONS = new Map([
  ["decision", 16],
  ["consistency", 18],
  ["fresh", 19],
  ["witnesses", 14],
  ["kept", 18],
  ["statement", 11],
  ["entry", 11],
  ["receipt", 11],
  ["earlier head", 21],
  ["later head", 21],
]);
/** @type {Map<string, number>} */
const SECTIONS_OF_REASONS = new Map([
  ...["otherNetwork", "fieldForm", "validatorsUnordered", "otherValidators", "voteCount", "badVote"],
  ...["tooLittlePower", "stepsUnordered", "notFollowed", "notKnown", "otherAppHash", "trustTooOld"],
].map((reason) => [reason, 20]));
for (const reason of ["notDense", "onlyNamed", "notText"]) SECTIONS_OF_REASONS.set(reason, 17);
for (const reason of ["notNotSeen", "headsBackwards", "isThere", "entriesDiffer"]) {
  SECTIONS_OF_REASONS.set(reason, 21);
}

/**
 * Say by which rule something failed.
 * @param {string | null} title of a step, where there are steps
 * @param {import("./reasons.mjs").Reason} reason
 * @returns {Both}
 */
export function ruleFor(title, reason) {
  const section = SECTIONS_OF_REASONS.get(reason) ?? SECTIONS.get(title ?? "") ?? 8;
  return [
    `docs/reference/format.md, section ${title === null ? "12, 14 and 15" : section}`,
    `docs/reference/format.md 第 ${title === null ? "12、14、15" : section} 节`,
  ];
}

/**
 * What to do after a failure.
 * @param {import("./reasons.mjs").Reason} reason
 * @returns {Both}
 */
export function adviceFor(reason) {
  return ADVICE[reason] ?? ADVICE_ELSE;
}

/**
 * @param {Language} language
 * @param {import("./reasons.mjs").Reason} reason
 */
export function adviceIn(language, reason) {
  return say(language, adviceFor(reason));
}

/** @type {Both} */
const ADVICE_ELSE = [
  "ask for the file again; where it fails again, give both files to an auditor",
  "请重新索取该文件；若仍不成立，请将两份文件交审计方",
];
/** @type {Both} */
const OTHER_FILE = [
  "give the receipt itself, as it was sent to you",
  "请提供原样收到的凭据文件",
];
/** @type {Both} */
const OTHER_TRUST = [
  "get the trust file of this ledger from a source that you trust, or the receipt of the other",
  "请从可信来源取得该账本的信任文件，或提供相符的凭据",
];
/** @type {Both} */
const NEWER = [
  "get a newer trust file from a source that you trust, and ask for a newer receipt",
  "请从可信来源取得较新的信任文件，并索取较新的凭据",
];
/** @type {Partial<Record<import("./reasons.mjs").Reason, Both>>} */
const ADVICE = {
  notReceipt: [
    "ask for the file again: it was damaged or cut short on the way, or is no receipt",
    "请重新索取该文件：它在途中损坏或被截断，或本就不是凭据",
  ],
  notCbor: [
    "ask for the file again: it was damaged or cut short on the way, or is no receipt",
    "请重新索取该文件：它在途中损坏或被截断，或本就不是凭据",
  ],
  tooLarge: OTHER_FILE,
  notEvidence: OTHER_FILE,
  isEmpty: ["save or send the file again", "请重新保存或发送该文件"],
  isPdf: OTHER_FILE,
  isPicture: OTHER_FILE,
  isMarkup: OTHER_FILE,
  isJson: OTHER_FILE,
  isText: OTHER_FILE,
  isBlockLog: [
    "an auditor reads it with `tongjian audit replay`; a citizen asks for a receipt",
    "审计方可用 `tongjian audit replay` 核对；公民请索取凭据",
  ],
  isArchive: ["unpack it and give the receipt in it", "请解压后提供其中的凭据"],
  isTrust: [
    "give it as the trust file, and the receipt as the receipt",
    "请将其作为信任文件提供，并另行提供凭据",
  ],
  otherChain: OTHER_TRUST,
  otherNetwork: OTHER_TRUST,
  otherCheckpoint: OTHER_TRUST,
  noSealKey: NEWER,
  otherSealKey: NEWER,
  unknownKey: NEWER,
  notFollowed: NEWER,
  notKnown: NEWER,
  trustTooOld: NEWER,
  tooOld: ["ask for a newer receipt", "请索取较新的凭据"],
  tooFewWitnesses: [
    "ask for a receipt that more witnesses signed",
    "请索取有更多见证方签署的凭据",
  ],
  onlyNamed: ["read the larger code beside it", "请读取旁边较大的码"],
  notDense: ["photograph or scan the code again", "请重新拍摄或扫描二维码"],
  badCheck: [
    "ask for the file again: it was changed on the way, by accident or by hand",
    "请重新索取该文件：它在途中被改动（无意或有意）",
  ],
};

/** @type {Both[]} */
export const NOT_PROVEN_BY_ABSENCE = [
  [
    "that the transaction is not recorded later: above its expiry height it cannot be",
    "该交易此后是否会被记录：超过其失效高度即不可能",
  ],
  [
    "that it is not in the log up to the first height: name one from before it was composed",
    "起始高度及之前是否已有该交易：请以编制交易之前的高度为起点",
  ],
];

/** @type {Both[]} */
export const NOT_PROVEN_BY_STATEMENT = [
  ["that the facts were true before they were recorded", "事实在记录之前是否属实"],
  [
    "the acts and events themselves, of which the entry holds hashes: ask for the ledger's own receipt",
    "行为与事件本身（条目只含其哈希）：请索取账本自身的凭据",
  ],
  [
    "which block recorded it, and that no other log was shown to others: ask a witness",
    "记录于哪一区块，以及是否曾向他人出示另一日志：请询问见证方",
  ],
];

/** @type {Both[]} */
export const NOT_PROVEN = [
  ["that the facts were true before they were recorded", "事实在记录之前是否属实"],
  [
    "that the state is still the same after this height: ask for a newer receipt",
    "该高度之后状态是否仍然如此：请索取更新的凭据",
  ],
  [
    "who signed, in a receipt of a row: that is in the block log",
    "记录类凭据不证明由谁签署：签署者见区块日志",
  ],
];
