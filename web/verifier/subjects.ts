// The index of subjects, and the proof that all entries about some of them are shown: formats.md section 7.
import {
  type Bytes, Failed, Malformed, ascending, equal, fromBase64, join, nodeHash, sha256, utf8, word,
} from "./bytes.ts";
import type { Json } from "./json.ts";
import { readList, readObject, readText, readWhole } from "./members.ts";

export const COUNCIL = 1;
export const AGENCY = 2;
export const KEY = 3;
export const MANDATE = 4;
export const SET = 5;
export const ATTESTATION = 6;
export const MEMBER = 7;
export const DECLARATION = 8;

const BEGIN = utf8("trade-ledger/subject/1\n");

/** The key of a subject, 32 bytes: its type, and the bytes that name it. */
export const subjectKey = (type: number, ...parts: readonly Bytes[]): Bytes =>
  sha256(join(BEGIN, Uint8Array.of(type), ...parts));

/** The lists of some subjects, and what of the tree is around them. */
export interface IndexProof {
  readonly hashes: readonly Bytes[];
  readonly lists: readonly (readonly number[])[];
  readonly steps: string;
}

const HASH = 32;
const MAX_STEPS = 65_536;
const KEY_BITS = 256;
const ZERO = new Uint8Array(HASH);

/** Reads the member `index` of evidence. */
export const readIndex = (value: Json | undefined): IndexProof => {
  const members = readObject(value, ["hashes", "lists", "steps"], "index");
  const data = fromBase64(readText(members.get("hashes"), "the hashes of the index"));
  if (data.length % HASH !== 0) throw new Malformed("the hashes of the index have 32 bytes each");
  const steps = readText(members.get("steps"), "the steps of the index");
  if (steps.length > MAX_STEPS || !/^[emon]*$/.test(steps))
    throw new Malformed("the steps of the index are at most 65,536 letters e, m, o and n");
  const lists = readList(members.get("lists"), "the lists of the index").map(readNumbers);
  const hashes = Array.from({ length: data.length / HASH }, (_, at) => data.subarray(HASH * at, HASH * (at + 1)));
  return { hashes, lists, steps };
};

const readNumbers = (value: Json): readonly number[] => {
  const numbers = readList(value, "a list of the index").map((item) => readWhole(item, "a number in the index"));
  if (!ascending(numbers, (left, right) => left - right)) throw new Malformed("a list of the index does not ascend");
  return numbers;
};

/** A subject that is asked about, with the numbers of its entries. */
interface Asked {
  readonly key: Bytes;
  readonly numbers: readonly number[];
}

interface Subtree {
  readonly hash: Bytes;
  /** Whether it is known to be one leaf. A hash that was given may be that of a leaf or of a node. */
  readonly isLeaf: boolean;
}

/**
 * The root of the index in which these keys have the lists of the proof.
 *
 * @param keys distinct, ascending
 * @throws Failed there is no such index
 */
export const indexRoot = (proof: IndexProof, keys: readonly Bytes[]): Bytes => {
  if (proof.lists.length !== keys.length) throw new Failed(`${proof.lists.length} lists for ${keys.length} subjects`);
  return new Walk(proof, keys).root();
};

class Walk {
  private readonly asked: readonly Asked[];
  private stepsTaken = 0;
  private hashesTaken = 0;

  constructor(private readonly proof: IndexProof, keys: readonly Bytes[]) {
    this.asked = keys.map((key, at) => ({ key, numbers: proof.lists[at] ?? [] }));
  }

  root(): Bytes {
    const { hash } = this.subtree(new Uint8Array(HASH), 0, this.asked);
    if (this.stepsTaken < this.proof.steps.length || this.hashesTaken < this.proof.hashes.length)
      throw new Failed("steps or hashes of the index are left over");
    return hash;
  }

  /** `prefix`: a key whose first `depth` bits count. `asked`: those under it. */
  private subtree(prefix: Bytes, depth: number, asked: readonly Asked[]): Subtree {
    if (asked.length === 0) return { hash: this.nextHash(), isLeaf: false };
    const step = this.nextStep();
    if (step === "n") return this.node(prefix, depth, asked);
    const [found, ...more] = asked.filter((item) => item.numbers.length > 0);
    const count = found === undefined ? 0 : 1 + more.length;
    if (count !== (step === "m" ? 1 : 0))
      throw new Failed(`${count} lists with entries where the index has the step ${step}`);
    if (step === "o") return this.other(prefix, depth, asked);
    if (found === undefined) return { hash: ZERO, isLeaf: false };
    return { hash: leafOf(found.key, valueOf(found.numbers)), isLeaf: true };
  }

  private node(prefix: Bytes, depth: number, asked: readonly Asked[]): Subtree {
    if (depth === KEY_BITS) throw new Failed("a node of the index below the last bit of a key");
    const ones = asked.findIndex((item) => bitOf(item.key, depth) === 1);
    const middle = ones < 0 ? asked.length : ones; // keys ascend, so those with a 0 come first
    const left = this.subtree(prefix, depth + 1, asked.slice(0, middle));
    const right = this.subtree(withBit(prefix, depth), depth + 1, asked.slice(middle));
    const leftIsZero = equal(left.hash, ZERO);
    const rightIsZero = equal(right.hash, ZERO);
    if ((leftIsZero && (rightIsZero || right.isLeaf)) || (rightIsZero && left.isLeaf))
      throw new Failed("a node of the index with fewer than two keys");
    return { hash: nodeHash(left.hash, right.hash), isLeaf: false };
  }

  /** The one key under a prefix, which is not asked about. */
  private other(prefix: Bytes, depth: number, asked: readonly Asked[]): Subtree {
    const key = this.nextHash();
    const value = this.nextHash();
    if (!agree(key, prefix, depth) || asked.some((item) => equal(item.key, key)))
      throw new Failed("another key of the index is not where it may be");
    return { hash: leafOf(key, value), isLeaf: true };
  }

  private nextHash(): Bytes {
    const hash = this.proof.hashes[this.hashesTaken++];
    if (hash === undefined) throw new Failed("too few hashes in the index");
    return hash;
  }

  private nextStep(): string {
    const step = this.proof.steps[this.stepsTaken++];
    if (step === undefined) throw new Failed("too few steps in the index");
    return step;
  }
}

const LEAF = Uint8Array.of(0);
const LIST = Uint8Array.of(2);
const NUMBER = 8; // bytes

const leafOf = (key: Bytes, value: Bytes): Bytes => sha256(join(LEAF, key, value));

const valueOf = (numbers: readonly number[]): Bytes => {
  const data = new Uint8Array(LIST.length + NUMBER * (1 + numbers.length));
  data.set(LIST);
  [numbers.length, ...numbers].forEach((number, at) => data.set(word(number, NUMBER), LIST.length + NUMBER * at));
  return sha256(data);
};

/** Bit number `depth`; bit 0 is the most significant of the first byte. */
const bitOf = (key: Bytes, depth: number): number => ((key[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1;

const withBit = (prefix: Bytes, depth: number): Bytes => {
  const longer = prefix.slice();
  longer[depth >> 3] = (longer[depth >> 3] ?? 0) | (1 << (7 - (depth & 7)));
  return longer;
};

/** Whether two keys have the same first `depth` bits. */
const agree = (left: Bytes, right: Bytes, depth: number): boolean => {
  for (let at = 0; at < depth; at++) if (bitOf(left, at) !== bitOf(right, at)) return false;
  return true;
};
