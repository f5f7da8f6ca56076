// Documents as their holders have them: wrapped, redacted, or plain. formats.md section 2, and evidence-format.md,
// "The plain file".
import {
  type Bytes, MIB, Malformed, compareText, equal, fromBase64Url, indexOf, latin1, startsWith, utf8, withoutMark,
} from "./bytes.ts";
import { type Document, type Field, type Format, MOST, documentOf, fieldHash, isFormat, saltedFields } from "./digest.ts";
import { jsonFields } from "./json_fields.ts";
import { readRedacted } from "./redacted.ts";
import { xmlFields } from "./xml_fields.ts";

export type { Document, Field, Format, ShownField } from "./digest.ts";

/** The fields of a document's own bytes, in its order; at least one. */
export const fieldsOf = (format: Format, content: Bytes): Field[] => {
  if (format === "json") return jsonFields(content);
  if (format === "xml") return xmlFields(content);
  if (content.length > MOST.opaque) throw new Malformed(`over the limit of ${MOST.opaque / MIB} MiB for an opaque document`);
  return [{ path: "", type: "x", value: content }];
};

/** A wrapped document in its parts. */
export interface Wrapped {
  readonly format: Format;
  readonly seed: Bytes;
  readonly content: Bytes;
}

const LONGEST_HEADER = 60;
const HEADER = /^ledger\/(json|xml|opaque)\/1 ([A-Za-z0-9_-]{43})\n/;

/** The header line and what follows it; the content is not read. */
export const splitWrapped = (data: Bytes): Wrapped => {
  const match = HEADER.exec(latin1(data.subarray(0, LONGEST_HEADER)));
  const [header = "", format, spelled = ""] = match ?? [];
  if (!isFormat(format)) throw new Malformed("neither a wrapped nor a redacted document");
  return { format, seed: fromBase64Url(spelled), content: data.subarray(header.length) };
};

export const readWrapped = (data: Bytes): Document => {
  const { format, seed, content } = splitWrapped(data);
  return documentOf(format, saltedFields(seed, fieldsOf(format, content)), []);
};

const OBJECT = 0x7b;

/** A wrapped or a redacted file. */
export const readDocument = (data: Bytes): Document => (data[0] === OBJECT ? readRedacted(data) : readWrapped(data));

// ------------------------------------------------------------------------------------------------------ plain documents

/** A document as everybody has it, without a seed, read in the format of what the evidence discloses. */
export class Plain {
  /** By path, in the order of the file. Empty if the evidence discloses nothing: then nobody knows the format. */
  readonly fields: ReadonlyMap<string, Field>;

  constructor(data: Bytes, readonly format: Format | null) {
    this.fields = new Map(format === null ? [] : fieldsOf(format, data).map((field) => [field.path, field]));
  }
}

const WRAPPED = utf8("ledger/");
const REDACTED = utf8('{"fields":');
const OURS = utf8('"trade-ledger/');

/** Whether a file is read as wrapped or redacted, and not as plain. */
export const isOurs = (data: Bytes): boolean => {
  if (startsWith(data, WRAPPED) || startsWith(data, REDACTED)) return true;
  const begin = withoutMark(data);
  const first = begin.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a);
  return first === OBJECT && indexOf(data, OURS) >= 0;
};

/** The document beside evidence that discloses so much of it. */
export const readBeside = (data: Bytes, disclosed: Document | null): Document | Plain =>
  isOurs(data) ? readDocument(data) : new Plain(data, disclosed?.format ?? null);

/** What a field is to the declared document. */
export type Likeness = "same" | "different" | "missing" | "added" | "unknown";

/** One field in the evidence, in the plain file, or in both. */
export interface ComparedField {
  readonly path: string;
  /** `missing`: not in the file. `added`: not in the document. `unknown`: only in the file, and the evidence hides fields. */
  readonly likeness: Likeness;
  readonly declared: Field | null;
  readonly found: Field | null;
}

/** Each field that the evidence discloses or the file has, ascending by path. */
export const compareFields = (plain: Plain, declared: Document): ComparedField[] => {
  const shown = new Map(declared.fields.map((field) => [field.path, field]));
  const paths = [...new Set([...shown.keys(), ...plain.fields.keys()])].sort(compareText);
  return paths.map((path): ComparedField => {
    const known = shown.get(path) ?? null;
    const found = plain.fields.get(path) ?? null;
    if (known === null) return { path, likeness: declared.hidden.length > 0 ? "unknown" : "added", declared: null, found };
    if (found === null) return { path, likeness: "missing", declared: known, found };
    const isSame = equal(fieldHash(known.salt, utf8(path), found.type, found.value), known.hash);
    return { path, likeness: isSame ? "same" : "different", declared: known, found };
  });
};

/** The paths by which the file is another document than the one declared, ascending. */
export const comparePlain = (plain: Plain, declared: Document): string[] =>
  compareFields(plain, declared)
    .filter(({ likeness }) => likeness !== "same" && likeness !== "unknown")
    .map(({ path }) => path);
