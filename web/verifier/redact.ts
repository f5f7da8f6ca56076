// Redaction: a document for another reader, with some fields hidden and the same digest. formats.md section 2, "Redacted
// document".
import { type Bytes, MIB, Malformed, compareBytes, compareText, hex, textOf, toBase64, utf8 } from "./bytes.ts";
import { type Document, MOST, documentOf } from "./digest.ts";
import { type Json, inAscii, parseJson, printJson } from "./json.ts";

const VERSION = "trade-ledger/redacted/1";
const MOST_EVIDENCE = 16 * MIB;

/** The document with only those fields shown that `keeps` takes, by their paths; its digest stays the same. */
export const redact = (document: Document, keeps: (path: string) => boolean): Document => {
  const shown = document.fields.filter(({ path }) => keeps(path)).sort((left, right) => compareText(left.path, right.path));
  const hidden = document.fields.filter(({ path }) => !keeps(path)).map(({ hash }) => hash);
  return documentOf(document.format, shown, [...document.hidden, ...hidden].sort(compareBytes));
};

/** The object of the redacted file; evidence holds it as its `document`. Of a document as `redact` makes it. */
const redactedValue = ({ fields, format, hidden }: Document): Json =>
  new Map<string, Json>([
    ["fields", fields.map(({ path, type, value, salt }) => [path, type, type === "x" ? toBase64(value) : textOf(value), hex(salt)])],
    ["format", format],
    ["hidden", hidden.map(hex)],
    ["ledger", VERSION],
  ]);

/** The redacted file: canonical JSON (RFC 8785) and a newline. Malformed if it is over the limit for such files. */
export const redactedFile = (document: Document): Bytes => {
  const data = utf8(`${printJson(redactedValue(document))}\n`);
  if (data.length > MOST.redacted) throw new Malformed(`over the limit of ${MOST.redacted / MIB} MiB for a redacted document`);
  return data;
};

/**
 * Evidence with a document in it, as the evidence's reader shall see it: evidence-format.md.
 *
 * The evidence is not judged. Malformed if it is none, if it is of another document, or if it becomes too large.
 */
export const discloseIn = (evidence: Bytes, document: Document): Bytes => {
  const found = parseJson(textOf(evidence), { depth: 8, values: 1_000_000 });
  const declaration = found instanceof Map ? found.get("declaration") : null;
  if (!(found instanceof Map) || !(declaration instanceof Map)) throw new Malformed("this is no evidence");
  if (declaration.get("digest") !== `0x${hex(document.digest)}`) throw new Malformed("the evidence is of another document");
  found.set("document", redactedValue(document));
  const data = utf8(`${inAscii(printJson(found))}\n`);
  if (data.length > MOST_EVIDENCE) throw new Malformed(`evidence has at most ${MOST_EVIDENCE / MIB} MiB: show less of the document`);
  return data;
};
