// Members of JSON objects, read strictly: evidence-format.md says that all must be there, and no other.
import { type Bytes, MIB, Malformed, textOf, unhex, withoutMark } from "./bytes.ts";
import { type Json, parseJson } from "./json.ts";

/** An object with exactly these members. */
export const readObject = (
  value: Json | undefined,
  names: readonly string[],
  what: string,
): ReadonlyMap<string, Json> => {
  if (!(value instanceof Map) || value.size !== names.length || !names.every((name) => value.has(name)))
    throw new Malformed(`${what} must have exactly the members ${[...names].sort().join(", ")}`);
  return value;
};

/** A whole number from 0 to `most`. */
export const readWhole = (value: Json | undefined, what: string, most: number = Number.MAX_SAFE_INTEGER): number => {
  if (typeof value !== "number" || value < 0 || value > most)
    throw new Malformed(`${what} must be a whole number from 0 to ${most}`);
  return value;
};

/** A whole number from 0 to `most`, or null. */
export const readOptionalWhole = (value: Json | undefined, what: string): number | null =>
  value === null ? null : readWhole(value, what);

/** Lower-case hexadecimal with 0x, of `size` bytes if that is said. */
export const readHex = (value: Json | undefined, what: string, size?: number): Bytes => {
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Malformed(`${what} must be hexadecimal with 0x`);
  const data = unhex(value.slice(2));
  if (size !== undefined && data.length !== size) throw new Malformed(`${what} must be ${size} bytes`);
  return data;
};

/** A list of at most `most` items. */
export const readList = (value: Json | undefined, what: string, most = Infinity): readonly Json[] => {
  if (!Array.isArray(value)) throw new Malformed(`${what} must be a list`);
  if (value.length > most) throw new Malformed(`${what} must have at most ${most} items`);
  return value;
};

/** Text. */
export const readText = (value: Json | undefined, what: string): string => {
  if (typeof value !== "string") throw new Malformed(`${what} must be text`);
  return value;
};

/** An inclusion proof: at most 64 hashes of 32 bytes. */
export const readProof = (value: Json | undefined): readonly Bytes[] =>
  readList(value, "proof", 64).map((item) => readHex(item, "proof", 32));

/** The members of a trust root or policy. People write these: white space, order and a byte order mark are free. */
export const readSettings = (data: Bytes, format: string, names: readonly string[]): ReadonlyMap<string, Json> => {
  if (data.length > MIB) throw new Malformed("a trust root or policy has at most 1 MiB");
  const value = parseJson(textOf(withoutMark(data)), { depth: 8, values: 100_000 });
  if (!(value instanceof Map) || value.get("ledger") !== format) throw new Malformed(`not of the format "${format}"`);
  return readObject(value, names, format);
};
