// Wrapping: what its owner makes of a document to declare it. formats.md section 2, "Wrapped document".
import { type Bytes, Malformed, join, toBase64Url, utf8 } from "./bytes.ts";
import { type Document, type Format, documentOf, saltedFields } from "./digest.ts";
import { type Wrapped, fieldsOf } from "./document.ts";

const SEED_SIZE = 32;

/** A seed for one document, from the browser's own random source. */
export const newSeed = (): Bytes => crypto.getRandomValues(new Uint8Array(SEED_SIZE));

/**
 * A document with the salts of its seed: all of its fields, and its digest.
 *
 * A seed that is used for two documents gives the same path the same salt: who is shown one of them can then test
 * guesses at the other. Malformed if the content is not of the format, or the seed has not 32 bytes.
 */
export const wrap = (format: Format, seed: Bytes, content: Bytes): Document => {
  if (seed.length !== SEED_SIZE) throw new Malformed(`a seed has ${SEED_SIZE} bytes, not ${seed.length}`);
  return documentOf(format, saltedFields(seed, fieldsOf(format, content)), []);
};

/** The wrapped file: one line with format and seed, then the document's own bytes. */
export const wrappedFile = ({ format, seed, content }: Wrapped): Bytes =>
  join(utf8(`ledger/${format}/1 ${toBase64Url(seed)}\n`), content);
