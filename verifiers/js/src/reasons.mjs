/** Why a receipt is refused: a name for programs, a sentence for people in two languages. */

export const REASONS = {
  tooLarge: ["the file is larger than 8 MiB", "文件超过 8 MiB"],
  notReceipt: [
    "not a receipt in its only valid form (COSE_Sign1 with `tongjian/2`)",
    "不是唯一有效形式的凭据（含 `tongjian/2` 的 COSE_Sign1）",
  ],
  isEmpty: ["the file is empty", "文件为空"],
  isPdf: [
    "this is a PDF, not a receipt; the page of this verifier finds a receipt that is embedded in one",
    "这是 PDF，不是凭据；本验证程序的网页可读取其中内嵌的凭据",
  ],
  isPicture: [
    "this is a picture, not a receipt; the page of this verifier reads codes in PNG and JPEG",
    "这是图片，不是凭据；本验证程序的网页可读取 PNG、JPEG 中的二维码",
  ],
  isArchive: [
    "this is an archive (or an office document), not a receipt",
    "这是压缩包（或办公文档），不是凭据",
  ],
  isBlockLog: [
    "this is the block log of a ledger, not a receipt",
    "这是账本的区块日志，不是凭据",
  ],
  isMarkup: [
    "this is a page or XML, not a receipt; the page of this verifier reads saved pages of extracts",
    "这是网页或 XML，不是凭据；本验证程序的网页可读取保存的摘录网页",
  ],
  isTrust: [
    "this is a trust file: it says whom to believe, and proves nothing itself",
    "这是信任文件：它说明信任谁，本身不证明任何事",
  ],
  isJson: [
    "this is JSON, neither a receipt nor evidence of a witness",
    "这是 JSON，既不是凭据，也不是见证方的证据",
  ],
  isText: [
    "this is text, and none of a receipt: those begin with TJR1:, 0oR or d284",
    "这是文本，但不是凭据文本：凭据文本以 TJR1:、0oR 或 d284 开头",
  ],
  truncated: ["the record ends before its last field", "记录不完整，未到末字段即结束"],
  trailing: ["bytes stand after the record", "记录之后另有字节"],
  notShortest: ["a value is not in its shortest form", "有值未采用最短形式"],
  notAllowed: ["a value has a type that its place does not allow", "有值的类型与所在位置不符"],
  outOfBounds: ["a value is beyond its bounds", "有值超出界限"],
  notAscii: ["a text is not printable ASCII", "文本含可打印 ASCII 以外的字符"],
  tooDeep: ["arrays are nested too deep", "数组嵌套过深"],
  unknownStatement: ["a statement is of no known kind", "含未知种类的陈述"],
  otherChain: ["the receipt is of another ledger than the trust file", "凭据所属账本与信任文件不同"],
  noSealKey: ["the trust file has no seal key for this height", "信任文件没有适用于该高度的印鉴公钥"],
  otherSealKey: [
    "not sealed by the key that counts at this height",
    "并非由该高度适用的印鉴密钥签署",
  ],
  badSignature: ["the signature does not hold for the key and the header", "签名与公钥及区块头不符"],
  notNotSeen: [
    "not a file that says what was not seen, within its bounds",
    "不是界限之内的“未见”文件",
  ],
  headsBackwards: ["the earlier head is above the later one", "较早的账本头高于较晚的"],
  isThere: ["the transaction is among the entries: it was recorded", "该交易就在条目之中：已被记录"],
  entriesDiffer: [
    "the entries do not lead from the earlier log to the later one: some are left out or changed",
    "条目未能由较早的日志得出较晚的日志：有遗漏或改动",
  ],
  notCbor: [
    "not CBOR in its deterministic form, with nothing behind it",
    "不是确定性编码的 CBOR，或其后另有字节",
  ],
  notCose: [
    "not a COSE statement or receipt of the form of RFC 9942",
    "不是 RFC 9942 形式的 COSE 陈述或凭据",
  ],
  critical: [
    "it demands an extension (`crit`) that no receipt of this ledger has",
    "要求了本账本凭据所没有的扩展（`crit`）",
  ],
  unknownKey: [
    "signed by a key that is no seal key of the trust file",
    "签署密钥不是信任文件所列的印鉴密钥",
  ],
  otherAlgorithm: ["the algorithm is not that of the key", "算法与该密钥的不符"],
  attached: [
    "a receipt holds its payload, which must be computed from the proof",
    "凭据自带载荷，而载荷应由证明算得",
  ],
  otherStructure: [
    "the receipt is of another data structure than the log's (`vds` 1, RFC9162_SHA256)",
    "凭据不属于该日志的数据结构（`vds` 1，RFC9162_SHA256）",
  ],
  badProof: ["a number or a hash of the proof is beyond its bounds", "证明中有数值或哈希超出界限"],
  notEntry: ["what was signed is no entry of the transaction log", "所签署的不是交易日志的条目"],
  notContinued: [
    "the receipt does not show that its log begins with the head that you kept: ask for a receipt " +
      "of consistency from that head on",
    "凭据未表明其日志以您留存的账本头开头：请索取自该账本头起的一致性凭据",
  ],
  otherKept: [
    "the receipt continues a log of another size than the head that you kept",
    "凭据所延续的日志规模与您留存的账本头不同",
  ],
  otherNetwork: [
    "the validators voted in the network of another ledger",
    "验证节点是在另一账本的网络中表决的",
  ],
  fieldForm: [
    "height or time of the engine's block is not in its only form",
    "共识区块的高度或时间未采用唯一形式",
  ],
  validatorsUnordered: [
    "the validators do not stand in their order, each once",
    "验证节点未按次序各列一次",
  ],
  otherValidators: [
    "the block names another set of validators than is shown",
    "区块所指的验证节点集合与所出示的不同",
  ],
  voteCount: ["there is not one vote for each validator", "并非每个验证节点恰有一票"],
  badVote: [
    "the signature of a vote does not hold for its validator and this block",
    "有表决的签名与其验证节点及该区块不符",
  ],
  tooLittlePower: [
    "validators with no more than two thirds of the power voted for the block",
    "赞成该区块的验证节点未超过表决权的三分之二",
  ],
  stepsUnordered: [
    "the blocks of the engine do not ascend by height",
    "共识区块未按高度递增",
  ],
  notFollowed: [
    "a new set of validators has the votes of no more than a third of the power before it",
    "新的验证节点集合未获此前超过三分之一表决权的认可",
  ],
  notKnown: [
    "the certificate does not lead from the validators of the trust file: ask for a newer " +
      "receipt or a newer trust file",
    "证书并非由信任文件所列的验证节点集合延续而来：请索取较新的凭据或信任文件",
  ],
  trustTooOld: [
    "the trust file is older than its trust period, and the block is newer than the file: " +
      "validators who left meanwhile could have signed it",
    "信任文件已超过其信任期，而区块比该文件新：其间退出的验证节点可能签署了该区块",
  ],
  otherAppHash: [
    "the validators voted for a block that commits to another header of the ledger",
    "验证节点所表决的区块承诺的是账本的另一区块头",
  ],
  entriesUnordered: [
    "the state proof does not show entries in order of number, at least one",
    "状态证明的条目未按编号递增，或没有条目",
  ],
  entryOutside: ["an entry lies outside the state", "有条目不在状态之内"],
  twigsDiffer: ["the twigs are not exactly those of the entries", "小枝与条目所在的小枝不一致"],
  notActive: ["an entry is no longer active in this state", "有条目在该状态中已失效"],
  nodesMissing: ["the proof lacks a hash on the way to the root", "证明缺少通向根的哈希"],
  nodesLeft: ["the proof has hashes that belong to no place", "证明含有无处可用的哈希"],
  stateRootDiffers: ["the path does not lead to the state root of the header", "路径未通向区块头的状态根"],
  entryNotShown: [
    "the statement rests on an entry that the state proof does not show",
    "陈述所依据的条目未在状态证明中出示",
  ],
  rowDiffers: ["the row is not the one that the ledger commits to", "该行与账本承诺的不一致"],
  keyNotEnclosed: ["the entry and its next key do not enclose the key", "条目与其后继键未夹住该键"],
  valueCount: ["the range has not one row for each entry after the first", "区间的行数与条目数不符"],
  rangeStart: ["the range does not begin with the entry before it", "区间未以其前一条目开始"],
  rangeGap: ["the range leaves a row out, or shows one from outside", "区间漏行，或含区间之外的行"],
  rangeEnd: ["the range ends before its last row", "区间在末行之前结束"],
  otherTransaction: [
    "the bytes of the transaction do not have the id that was recorded",
    "交易字节与所记录的交易标识不符",
  ],
  indexOutside: ["the index lies outside the log", "序号不在日志之内"],
  sizeOutside: [
    "an earlier log has at least one entry and is not longer than this one",
    "较早的日志至少有一项，且不长于本日志",
  ],
  tooOld: [
    "the block was sealed before the moment that was demanded: ask for a newer receipt",
    "区块签署早于所要求的时刻：请索取更新的凭据",
  ],
  tooFewWitnesses: [
    "fewer witnesses signed this head than the trust file demands",
    "见证签名少于信任文件的要求",
  ],
  notCheckpoint: ["what the witnesses signed is no checkpoint", "见证方所签的不是检查点"],
  otherCheckpoint: [
    "what the witnesses signed is not the head that the receipt rests on",
    "见证方所签的不是凭据所依据的账本头",
  ],
  badWitness: ["the signature of a trusted witness does not hold", "有受信见证方的签名不成立"],
  badCheck: [
    "the check value is not that of the file: not every byte is as its maker wrote it",
    "校验值与文件不符：并非每个字节都如制作者所写",
  ],
  otherHeaderBefore: [
    "the header before is not the one that the sealed header names",
    "前一区块头不是已签署的区块头所指的",
  ],
  noTransactionBefore: [
    "a decision follows the statement of the transaction that was decided",
    "裁决陈述应紧随其所裁决交易的陈述",
  ],
  otherBatch: [
    "the transactions are not those that the header commits to",
    "交易与区块头所承诺的不一致",
  ],
  notOfBlock: ["the transaction is not one of this block", "该交易不在本区块之内"],
  otherTurn: [
    "the transaction is not the one that had its turn in the block",
    "该交易不是在区块中轮到的那一项",
  ],
  notEvidence: ["not a file of evidence", "不是证据文件"],
  notByOperator: [
    "the operator's signature under a checkpoint is missing or does not hold",
    "检查点缺少运营方签名，或签名不成立",
  ],
  otherHead: [
    "height, size or root of a head are not those that the operator signed",
    "账本头的高度、规模或根与运营方所签的不一致",
  ],
  notPrefix: [
    "the longer log is not shown to begin with the root that is claimed",
    "未能证明较长的日志以所称的根开头",
  ],
  noFork: ["the longer log continues the shorter one: there is no fork", "较长的日志是较短的延续：没有分叉"],
  notOlder: ["the second head is not older than the first: nothing went back", "第二个账本头并不更旧：没有回退"],
  unknownWitness: [
    "that a ledger went back rests on the word of a witness that the trust file does not name",
    "账本回退之说仅凭信任文件未列出的见证方",
  ],
  notDense: [
    "the code was read wrong or is none (`TJR1:` and Base45); read it again",
    "二维码读取有误，或不是凭据码（`TJR1:` 与 Base45）；请重新读取",
  ],
  onlyNamed: [
    "the short code names a receipt and does not hold it; read the larger code beside it",
    "短码只指明凭据而不含凭据；请读取旁边较大的码",
  ],
  notText: [
    "the text begins like a receipt and is none",
    "文本开头像凭据，但不是凭据",
  ],
  logRootDiffers: ["the path does not lead to the log root of the header", "路径未通向区块头的日志根"],
};

/** @typedef {keyof typeof REASONS} Reason */

/** Bytes that are refused; who catches it knows at which step. */
export class Refused extends Error {
  /** @param {Reason} reason */
  constructor(reason) {
    super(REASONS[reason][0]);
    this.name = "Refused";
    this.reason = reason;
    this.both = REASONS[reason];
  }
}

/**
 * Refuse unless a condition holds.
 * @param {boolean} holds
 * @param {Reason} reason
 * @returns {asserts holds}
 */
export function ensure(holds, reason) {
  if (!holds) throw new Refused(reason);
}
