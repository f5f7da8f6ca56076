// What a verifier believes beforehand: evidence-format.md, "The trust root".
import { type Bytes, Malformed, compareText } from "./bytes.ts";
import { LOG, type NoteKey, WITNESS, readNoteKey, samePublicKey } from "./checkpoint.ts";
import type { Json } from "./json.ts";
import { readList, readObject, readOptionalWhole, readSettings, readText, readWhole } from "./members.ts";
import { Origin } from "./statement.ts";

/** A key of the log, and up to which size it counts; null for any. */
export interface LogKey {
  readonly key: NoteKey;
  readonly upTo: number | null;
}

/** A history, the keys of its log, and the witnesses, of whom `threshold` must cosign a checkpoint. */
export interface TrustRoot {
  readonly origin: Origin;
  readonly logKeys: readonly LogKey[];
  readonly witnesses: readonly NoteKey[];
  readonly threshold: number;
}

const FORMAT = "trade-ledger/trust-root/2";
const MOST = 64; // log keys, and witnesses

/** Reads a trust root file. Malformed says what is wrong with it. */
export const readTrust = (data: Bytes): TrustRoot => {
  const value = readSettings(data, FORMAT, ["ledger", "log_keys", "origin", "threshold", "witnesses"]);
  const origin = Origin.parse(value.get("origin"));
  const logKeys = readLogKeys(value.get("log_keys"));
  const witnesses = readList(value.get("witnesses"), "witnesses", MOST).map(readKey);
  if (logKeys.some(({ key }) => key.type !== LOG || key.name !== origin.text))
    throw new Malformed("log_keys must be of type 0x01 and named after the origin");
  if (witnesses.some((key) => key.type !== WITNESS)) throw new Malformed("witnesses must be keys of type 0x04");
  witnesses.forEach((key, at) => {
    if (witnesses.slice(0, at).some((other) => other.name === key.name || samePublicKey(other, key)))
      throw new Malformed("witnesses must not name a witness twice");
    if (logKeys.some((other) => samePublicKey(other.key, key)))
      throw new Malformed("witnesses must not have a key of the log");
  });
  return { origin, logKeys, witnesses, threshold: readWhole(value.get("threshold"), "threshold", witnesses.length) };
};

const readKey = (value: Json | undefined): NoteKey => readNoteKey(readText(value, "a verifier key"));

const readLogKeys = (value: Json | undefined): readonly LogKey[] => {
  const keys = readList(value, "log_keys", MOST).map((item): LogKey => {
    const members = readObject(item, ["key", "up_to"], "a log key");
    return { key: readKey(members.get("key")), upTo: readOptionalWhole(members.get("up_to"), "up_to") };
  });
  if (keys.length === 0) throw new Malformed("log_keys must name a key");
  keys.forEach(({ key, upTo }, at) => {
    const before = keys[at - 1];
    if (before !== undefined && (before.upTo === null || (upTo !== null && upTo < before.upTo)))
      throw new Malformed("the up_to of log_keys must not descend, and only the last may be null");
    if (keys.slice(0, at).some((other) => other.key.id === key.id))
      throw new Malformed("log_keys must not have two keys with the same key id");
  });
  return keys;
};

/** The trust root of this history, of those in a folder; or none, and the origins of all there are, ascending. */
export interface ChosenTrust {
  readonly trust: TrustRoot | null;
  readonly elsewhere: readonly string[];
}

const MOST_IN_A_FOLDER = 1_000;

/** Chooses among the trust roots of a folder, which are named by their files. */
export const chooseTrust = (files: ReadonlyMap<string, TrustRoot>, origin: Origin): ChosenTrust => {
  if (files.size === 0 || files.size > MOST_IN_A_FOLDER)
    throw new Malformed(`a folder has from 1 to 1,000 trust roots, in files that end in .json, not ${files.size}`);
  const names = new Map<string, string>();
  for (const [file, trust] of files) {
    const other = names.get(trust.origin.text);
    if (other !== undefined)
      throw new Malformed(`${other} and ${file} are trust roots of one history, ${trust.origin.text}`);
    names.set(trust.origin.text, file);
  }
  const trust = [...files.values()].find((item) => item.origin.text === origin.text) ?? null;
  return { trust, elsewhere: trust === null ? [...names.keys()].sort(compareText) : [] };
};
