// Evidence in a PDF: pdf.md, by the second way of "Check that the update holds only attachments".
import { type Bytes, MIB, Malformed, indexOf, join, latin1, utf8 } from "./bytes.ts";

/** What a PDF carries. */
export interface Carried {
  /** The evidence file. */
  readonly evidence: Bytes;
  /** Where the PDF itself was declared: the original as a wrapped document. */
  readonly wrapped: Bytes | null;
  /** How many bytes the original has, with which the file begins. Nothing is said of what follows it. */
  readonly length: number;
}

const NUMBER = "(0|[1-9][0-9]{0,7})";
const END = new RegExp(
  `\\n%ledger/pdf/1 ${NUMBER} ${NUMBER} ${NUMBER}(?: ${NUMBER} ${NUMBER})?\\nstartxref\\n${NUMBER}\\n%%EOF\\n$`,
);
const NOTE = new RegExp(`^(ledger/opaque/1 [A-Za-z0-9_-]{43}\\n)${NUMBER}\\n$`);
const LONGEST_END = 200;
const LONGEST_NOTE = 100;
const BEGIN = utf8("%PDF-");
const MARKS = [utf8("\n%ledger/pdf/1 "), utf8("\r%ledger/pdf/1 ")];

export const isPdf = (data: Bytes): boolean => indexOf(data.subarray(0, BEGIN.length), BEGIN) === 0;

/** Malformed if the PDF carries no evidence, or was changed after it was given evidence. */
export const cutPdf = (data: Bytes): Carried => {
  if (data.length > 64 * MIB) throw new Malformed("a PDF has at most 64 MiB");
  const tail = Math.max(0, data.length - LONGEST_END);
  const end = END.exec(latin1(data.subarray(tail)));
  if (end === null) {
    const isChanged = MARKS.some((mark) => indexOf(data, mark) >= 0);
    throw new Malformed(isChanged ? "the PDF was changed after it was given evidence" : "the PDF carries no evidence");
  }
  const [length = 0, at = 0, size = 0, noteAt = 0, noteSize = 0] = end.slice(1, 6).map((digits) => Number(digits ?? 0));
  const start = tail + end.index;
  if (length === 0 || length > at || at + size > start || noteAt + noteSize > start)
    throw new Malformed("what the PDF carries is not where it says");
  const evidence = data.subarray(at, at + size);
  if (end[4] === undefined) return { evidence, wrapped: null, length };
  const note = noteSize > LONGEST_NOTE ? "" : latin1(data.subarray(noteAt, noteAt + noteSize));
  const [, header, said] = NOTE.exec(note) ?? [];
  if (header === undefined || Number(said) !== length || noteAt < length)
    throw new Malformed("ledger-document.txt has two lines: the header of the wrapped document, and its length");
  return { evidence, wrapped: join(utf8(header), data.subarray(0, length)), length };
};
