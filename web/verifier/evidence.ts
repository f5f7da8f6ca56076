// One file that proves one document: evidence-format.md, "The file".
import { type Bytes, MIB, Malformed, ascending, hex, leafHash, textOf } from "./bytes.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { type Entry, readEntry } from "./entry.ts";
import { type Json, inAscii, parseJson, printJson } from "./json.ts";
import { readHex, readList, readObject, readProof, readText, readWhole } from "./members.ts";
import { type Document, redactedOf } from "./redacted.ts";
import { type Members, Origin, statement } from "./statement.ts";
import { type IndexProof, readIndex } from "./subjects.ts";

/** Where the declaration stands: number `index` of `size` under `root`. */
export interface Inclusion {
  readonly index: bigint;
  readonly proof: readonly Bytes[];
  readonly root: Bytes;
  readonly size: bigint;
}

/** An entry of the history, and its inclusion in the checkpoint. */
export interface ProvenEntry {
  readonly entry: Entry;
  readonly proof: readonly Bytes[];
}

export interface Evidence {
  readonly origin: Origin;
  readonly declaration: Members;
  /** The declaration's EIP-712 digest. */
  readonly id: Bytes;
  readonly signature: Bytes;
  /** The batch, then other sets; no set twice. */
  readonly inclusions: readonly [Inclusion, ...Inclusion[]];
  /** Ascending by number. */
  readonly entries: readonly ProvenEntry[];
  readonly index: IndexProof;
  readonly checkpoint: Checkpoint;
  /** What is disclosed of the document. */
  readonly document: Document | null;
}

const FORMAT = "trade-ledger/evidence/2";
const MEMBERS = [
  "checkpoint", "declaration", "document", "entries", "inclusions", "index", "ledger", "origin", "signature",
];

/** A set's name: its root and size. */
export const setName = (root: Bytes, size: bigint): string => `${hex(root)} ${size}`;

/** The set of one that a declaration's id names. */
export const setOfOne = (id: Bytes): Inclusion => ({ index: 0n, proof: [], root: leafHash(id), size: 1n });

/** Reads a file of evidence. Malformed says what is wrong with it. */
export const readEvidence = (data: Bytes): Evidence => {
  if (data.length > 16 * MIB) throw new Malformed("evidence has at most 16 MiB");
  const text = textOf(data);
  const value = parseJson(text, { depth: 8, values: 1_000_000 });
  if (!(value instanceof Map) || value.get("ledger") !== FORMAT) throw new Malformed(`not of the format "${FORMAT}"`);
  if (`${inAscii(printJson(value))}\n` !== text)
    throw new Malformed("not in canonical form: names sorted, no white space, ASCII, one newline at the end");
  const members = readObject(value, MEMBERS, "evidence");
  const origin = Origin.parse(members.get("origin"));
  const declaration = readDeclaration(members.get("declaration"));
  return {
    origin,
    declaration,
    id: origin.id("Declaration", declaration),
    signature: readHex(members.get("signature"), "signature"),
    inclusions: readInclusions(members.get("inclusions")),
    entries: readEntries(members.get("entries")),
    index: readIndex(members.get("index")),
    checkpoint: readCheckpoint(readText(members.get("checkpoint"), "checkpoint")),
    document: readDisclosed(members.get("document")),
  };
};

const readDeclaration = (value: Json | undefined): Members => {
  const members = readObject(value, ["digest", "document_type", "party", "replaces"], "declaration");
  return statement("Declaration", [
    readHex(members.get("party"), "party"),
    readHex(members.get("digest"), "digest", 32),
    BigInt(readWhole(members.get("document_type"), "document_type", 0xffff)),
    readHex(members.get("replaces"), "replaces", 32),
  ]);
};

const readInclusions = (value: Json | undefined): readonly [Inclusion, ...Inclusion[]] => {
  const [batch, ...sets] = readList(value, "inclusions").map(readInclusion);
  if (batch === undefined) throw new Malformed("inclusions must name the batch");
  if (new Set([batch, ...sets].map(({ root, size }) => setName(root, size))).size <= sets.length)
    throw new Malformed("inclusions must not name a set twice");
  return [batch, ...sets];
};

const readInclusion = (value: Json): Inclusion => {
  const members = readObject(value, ["index", "proof", "root", "size"], "an inclusion");
  return {
    index: BigInt(readWhole(members.get("index"), "index")),
    proof: readProof(members.get("proof")),
    root: readHex(members.get("root"), "root", 32),
    size: BigInt(readWhole(members.get("size"), "size")),
  };
};

const readEntries = (value: Json | undefined): readonly ProvenEntry[] => {
  const entries = readList(value, "entries").map((item): ProvenEntry => {
    const members = readObject(item, ["bytes", "proof"], "an entry");
    return { entry: readEntry(readHex(members.get("bytes"), "bytes")), proof: readProof(members.get("proof")) };
  });
  if (!ascending(entries, (left, right) => (left.entry.number < right.entry.number ? -1 : 1)))
    throw new Malformed("entries must ascend by number");
  return entries;
};

const readDisclosed = (value: Json | undefined): Document | null =>
  value === null || value === undefined ? null : redactedOf(value);
