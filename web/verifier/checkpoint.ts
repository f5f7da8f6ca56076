// Checkpoints, the keys that sign and cosign them, and what a signature line says: formats.md section 6 (C2SP).
import {
  type Bytes, Failed, Malformed, characters, equal, fromBase64, hex, join, numberOf, sha256, utf8,
} from "./bytes.ts";
import { ed25519Fits, isFullOrder } from "./signature.ts";
import { Origin } from "./statement.ts";

/** The log's key, which signs checkpoints. */
export const LOG = 1;
/** A witness's key, which cosigns them. */
export const WITNESS = 4;

/** A verifier key: its name, type (`LOG` or `WITNESS`), public key (32 bytes), and id (8 hexadecimal digits). */
export interface NoteKey {
  readonly name: string;
  readonly type: number;
  readonly key: Bytes;
  readonly id: string;
}

/** A signature line: key name, key id (8 hexadecimal digits), signature. */
interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Bytes;
}

/** What a checkpoint says, its text with the last newline, and its signature lines. No signature is checked yet. */
export interface Checkpoint {
  readonly origin: Origin;
  readonly size: bigint;
  readonly root: Bytes;
  readonly index: Bytes;
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

const NAME = String.raw`[^\p{White_Space}+\u0000-\u001f]{1,200}`;
const WHOLE_NAME = new RegExp(`^${NAME}$`, "u");
const SIGNATURE_LINE = new RegExp(String.raw`^\u2014 (${NAME}) (\S+)$`, "u");
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const INDEX_LINE = "trade-ledger/index/1 ";
const MAX_CHARACTERS = 65_536;
const ID_SIZE = 4;

/** Reads a verifier key, `<name>+<id>+<base64 of type and public key>`. */
export const readNoteKey = (text: string): NoteKey => {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  const name = text.slice(0, Math.max(first, 0));
  if (second < 0 || !WHOLE_NAME.test(name)) throw new Malformed("a verifier key looks like name+id+key");
  const typed = fromBase64(text.slice(second + 1));
  const type = typed[0];
  const key = typed.subarray(1);
  if (typed.length !== 33 || (type !== LOG && type !== WITNESS))
    throw new Malformed("a verifier key is an Ed25519 key of type 0x01 or 0x04");
  if (!isFullOrder(key))
    throw new Malformed("a verifier key is the one encoding of a point that is not of small order");
  const id = hex(sha256(join(utf8(`${name}\n`), typed)).subarray(0, ID_SIZE));
  if (text.slice(first + 1, second) !== id)
    throw new Malformed("the verifier key's id does not follow from its name and key");
  return { name, type, key, id };
};

/** Reads a checkpoint: four lines, an empty line, and signature lines. */
export const readCheckpoint = (note: string): Checkpoint => {
  const end = note.indexOf("\n\n");
  const text = note.slice(0, Math.max(end, 0));
  const tail = note.slice(end + 2);
  const [origin = "", size = "", root = "", index = "", ...more] = text.split("\n");
  if (characters(note) > MAX_CHARACTERS || end < 0 || more.length > 0 || !tail.endsWith("\n"))
    throw new Malformed("a checkpoint is four lines, an empty line, and signature lines, at most 65,536 characters");
  if (!SIZE.test(size)) throw new Malformed("the checkpoint's size is no number of at most 19 digits");
  if (!index.startsWith(INDEX_LINE)) throw new Malformed("the checkpoint's fourth line is not that of the index");
  return {
    origin: Origin.parse(origin),
    size: BigInt(size),
    root: readHash(root),
    index: readHash(index.slice(INDEX_LINE.length)),
    text: `${text}\n`,
    lines: tail.slice(0, -1).split("\n").map(readLine),
  };
};

const readHash = (text: string): Bytes => {
  const hash = fromBase64(text);
  if (hash.length !== 32) throw new Malformed("a root in the checkpoint has 32 bytes");
  return hash;
};

const readLine = (line: string): SignatureLine => {
  const [, name, text] = SIGNATURE_LINE.exec(line) ?? [];
  const blob = fromBase64(text ?? "");
  if (name === undefined || blob.length <= ID_SIZE) throw new Malformed("a line of the checkpoint is no signature");
  return { name, id: hex(blob.subarray(0, ID_SIZE)), signature: blob.subarray(ID_SIZE) };
};

const linesOf = (checkpoint: Checkpoint, key: NoteKey): readonly Bytes[] =>
  checkpoint.lines.filter((line) => line.name === key.name && line.id === key.id).map((line) => line.signature);

/** Whether each line of this log key fits; null if it has no line. */
export const logSigned = (checkpoint: Checkpoint, key: NoteKey): boolean | null => {
  const lines = linesOf(checkpoint, key);
  const message = utf8(checkpoint.text);
  return lines.length === 0 ? null : lines.every((line) => ed25519Fits(key.key, message, line));
};

/**
 * When this witness cosigned, in seconds since 1970, each time; empty if it did not.
 *
 * @throws Failed a line under its name and id has another signature, or a time that is none
 */
export const cosignedAt = (checkpoint: Checkpoint, key: NoteKey): readonly bigint[] =>
  linesOf(checkpoint, key).map((line) => {
    const time = numberOf(line.subarray(0, 8));
    const message = utf8(`cosignature/v1\ntime ${time}\n${checkpoint.text}`);
    if (line.length !== 72 || time === 0n || time >> 63n !== 0n || !ed25519Fits(key.key, message, line.subarray(8)))
      throw new Failed(`the cosignature of ${key.name} does not fit`);
    return time;
  });

/** Whether two verifier keys are one public key. */
export const samePublicKey = (left: NoteKey, right: NoteKey): boolean => equal(left.key, right.key);
