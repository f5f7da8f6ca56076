// Redacted documents: formats.md section 2, "Redacted document".
import {
  type Bytes, Malformed, ascending, compareBytes, compareText, fromBase64, hex, textOf, unhex, utf8,
} from "./bytes.ts";
import { type Document, type Format, MOST, type ShownField, documentOf, fieldHash, isFormat } from "./digest.ts";
import { type Json, isPlainText, numberText, parseJson, printJson } from "./json.ts";
import { type PlacedField, checkShape } from "./paths.ts";

export type { Document } from "./digest.ts";

const MEMBERS = "fields,format,hidden,ledger";
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const LONGEST_NUMBER = 400;

const isEmpty = (text: string): boolean => text === "";
const isXml = (text: string): boolean => !NOT_XML.test(text);
const isNumber = (text: string): boolean =>
  text.length <= LONGEST_NUMBER &&
  /^-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?$/.test(text) &&
  Number.isFinite(Number(text)) &&
  numberText(Number(text)) === text;
const isData = (text: string): boolean => isXml(text) && !text.includes("?>") && !/^[ \t\r\n]/.test(text);

type Test = (text: string) => boolean;

/** Which values fit a type, by format and type. */
const VALUES: Readonly<Record<Format, ReadonlyMap<string, Test>>> = {
  json: new Map<string, Test>([
    ["s", isPlainText], ["n", isNumber], ["b", (text) => text === "true" || text === "false"],
    ["z", isEmpty], ["o", isEmpty], ["a", isEmpty],
  ]),
  xml: new Map<string, Test>([["t", isXml], ["e", isEmpty], ["p", isData]]),
  opaque: new Map<string, Test>([["x", () => true]]),
};

/** A redacted file. Malformed if its bytes are not the canonical ones, or it cannot come from one document. */
export const readRedacted = (data: Bytes): Document => {
  if (data.length > MOST.redacted) throw new Malformed("over the limit of 128 MiB for a redacted document");
  const text = textOf(data);
  const value = parseJson(text, { depth: 3, values: 5 * MOST.fields + 2, noncharacters: true });
  const document = redactedOf(value);
  if (`${printJson(value)}\n` !== text) throw new Malformed("not the canonical bytes of a redacted document");
  return document;
};

/** The document that the object of a redacted file shows, as evidence has it. */
export const redactedOf = (value: Json): Document => {
  if (!(value instanceof Map) || [...value.keys()].sort().join(",") !== MEMBERS)
    throw new Malformed("a redacted document has the members fields, format, hidden and ledger, and no other");
  const format = value.get("format");
  if (value.get("ledger") !== "trade-ledger/redacted/1" || !isFormat(format))
    throw new Malformed("another version or format of a redacted document");
  const shown = listOf(value, "fields").map((item) => readField(format, item));
  const fields = shown.map(({ field }) => field);
  if (!ascending(fields, (left, right) => compareText(left.path, right.path))) throw new Malformed("paths must ascend");
  const hidden = listOf(value, "hidden").map(readHash);
  const known = new Set(fields.map(({ hash }) => hex(hash)));
  if (!ascending(hidden, compareBytes) || hidden.some((hash) => known.has(hex(hash))))
    throw new Malformed("hidden hashes must ascend, and hide nothing that is shown");
  const count = fields.length + hidden.length;
  if (count === 0 || count > MOST.fields) throw new Malformed(`a document has 1 to ${MOST.fields} fields`);
  checkShape(format, shown.map(({ placed }) => placed), hidden.length);
  return documentOf(format, fields, hidden);
};

const listOf = (value: ReadonlyMap<string, Json>, name: string): Json[] => {
  const found = value.get(name);
  if (!Array.isArray(found)) throw new Malformed("fields and hidden must be lists");
  return found;
};

const readField = (format: Format, item: Json): { field: ShownField; placed: PlacedField } => {
  const [path, type, text, digits, ...more] = Array.isArray(item) ? item : [];
  if (typeof path !== "string" || typeof type !== "string" || typeof text !== "string" || typeof digits !== "string" || more.length > 0)
    throw new Malformed("a field is a list of four strings");
  if (VALUES[format].get(type)?.(text) !== true || !/^[0-9a-f]{32}$/.test(digits))
    throw new Malformed("no type, value or salt of a field");
  const value = type === "x" ? fromBase64(text) : utf8(text);
  const salt = unhex(digits);
  return { field: { path, type, value, salt, hash: fieldHash(salt, utf8(path), type, value) }, placed: { path, type, text } };
};

const readHash = (item: Json): Bytes => {
  if (typeof item !== "string" || !/^[0-9a-f]{64}$/.test(item))
    throw new Malformed("hidden must be hashes of 64 hexadecimal digits");
  return unhex(item);
};
