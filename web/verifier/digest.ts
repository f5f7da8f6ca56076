// A document as fields with salts and hashes, and its digest: formats.md section 2.
import { type Bytes, MIB, compareBytes, join, sha256, utf8 } from "./bytes.ts";

export type Format = "json" | "xml" | "opaque";

export const isFormat = (text: unknown): text is Format => text === "json" || text === "xml" || text === "opaque";

/** Limits of formats.md section 2. Sizes are in bytes. */
export const MOST = {
  structured: 16 * MIB,
  opaque: 64 * MIB,
  redacted: 128 * MIB,
  depth: 100,
  fields: 100_000,
  /** Characters of all paths together. */
  paths: 64 * MIB,
} as const;

export interface Field {
  readonly path: string;
  /** One letter of the table in formats.md section 2. */
  readonly type: string;
  /** UTF-8; of the type x the bytes themselves. */
  readonly value: Bytes;
}

/** A field that can be proven: with its salt of 16 bytes and its field hash of 32. */
export interface ShownField extends Field {
  readonly salt: Bytes;
  readonly hash: Bytes;
}

/** A document as far as it is shown. */
export interface Document {
  readonly format: Format;
  readonly digest: Bytes;
  /** In the order of the file. */
  readonly fields: readonly ShownField[];
  /** The field hash of each of `fields`, by path. */
  readonly shown: ReadonlyMap<string, Bytes>;
  /** The field hashes of the others, ascending. */
  readonly hidden: readonly Bytes[];
}

/** The salt of the field with this path, in UTF-8. The seed has 32 bytes. */
export const saltOf = (seed: Bytes, path: Bytes): Bytes => sha256(join(seed, path)).subarray(0, 16);

/** The field hash. `path` is in UTF-8, `type` one letter. One array for each, as a document may have 100,000 fields. */
export const fieldHash = (salt: Bytes, path: Bytes, type: string, value: Bytes): Bytes => {
  const data = new Uint8Array(22 + path.length + value.length);
  data[0] = 0x02;
  data.set(salt, 1);
  new DataView(data.buffer).setUint32(17, path.length);
  data.set(path, 21);
  data[21 + path.length] = type.charCodeAt(0);
  data.set(value, 22 + path.length);
  return sha256(data);
};

/** All fields of a document with the salts that its seed gives them. */
export const saltedFields = (seed: Bytes, fields: readonly Field[]): ShownField[] =>
  fields.map(({ path, type, value }) => {
    const encoded = utf8(path);
    const salt = saltOf(seed, encoded);
    return { path, type, value, salt, hash: fieldHash(salt, encoded, type, value) };
  });

/** The digest of a document with these field hashes, in any order. A worker's stack is too small for 100,000 arguments. */
export const digestOf = (format: Format, hashes: readonly Bytes[]): Bytes => {
  const hash = sha256.create().update(utf8(`trade-ledger/document/1\n${format}\n${hashes.length}\n`));
  for (const item of [...hashes].sort(compareBytes)) hash.update(item);
  return hash.digest();
};

/** A document of shown fields and the field hashes of hidden ones, ascending. */
export const documentOf = (format: Format, fields: readonly ShownField[], hidden: readonly Bytes[]): Document => ({
  format,
  digest: digestOf(format, [...fields.map(({ hash }) => hash), ...hidden]),
  fields,
  shown: new Map(fields.map(({ path, hash }) => [path, hash])),
  hidden,
});
