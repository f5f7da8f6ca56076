// Reads the documents of whoever sits here: a script of its own, fetched when a file is chosen. Nothing leaves it but what
// its callers are handed.
import { Malformed, hex, unhex } from "../verifier/bytes.ts";
import type { Document, Format } from "../verifier/digest.ts";
import { isOurs, readDocument, splitWrapped, type Wrapped } from "../verifier/document.ts";
import { recognise, sniff } from "../verifier/recognise.ts";
import { discloseIn, redact, redactedFile } from "../verifier/redact.ts";
import { fragmentOf, seal } from "../verifier/share.ts";
import { newSeed, wrap, wrappedFile } from "../verifier/wrap.ts";
import { FieldChoice } from "./choosing.ts";
import { fieldTable } from "./field_table.ts";
import { pathsInWords } from "./paths.ts";
import { fromPage, number, say, sayMany } from "./words.ts";

/** A file that was read, as pages need it. What stands in lists belongs to the field of the same number. */
export interface Held {
  readonly format: Format;
  /** Bytes of the document itself; of a redacted copy, of the copy. */
  readonly size: number;
  /** 0x and 64 digits. */
  readonly digest: string;
  /** What it was: a document that has a new seed now, a seed file, or a redacted copy, which has no seed. */
  readonly kind: "new" | "seed" | "copy";
  /** UNCL 1001, where the document says it. */
  readonly documentType: number | null;
  /** Of the document, without `.wrapped`. */
  readonly name: string;
  readonly paths: readonly string[];
  readonly words: readonly string[];
  readonly types: readonly string[];
  /** As text; of the type `x`, how many bytes. */
  readonly values: readonly string[];
  readonly hidden: number;
  /** What was read, or why it cannot be declared, in words. */
  readonly summary: string;
  /** Where the proposed type comes from, in words. */
  readonly typeHint: string;
  /** The fields, for who is about to declare them. */
  table(): HTMLElement;
  /** The fields, for who chooses which of them a reader shall see. */
  choice(): FieldChoice;
  /** The file that holds document and seed. An Error where there is no seed. */
  seedFile(): Uint8Array<ArrayBuffer>;
  /** A copy without these fields, by their paths. */
  copyWithout(paths: ReadonlySet<string>): Uint8Array<ArrayBuffer>;
  /** Evidence with the document in it, without these fields. Malformed if it is of another document, or too large. */
  evidenceWithout(paths: ReadonlySet<string>, evidence: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The same copy, sealed for whoever has a link. `declaration`: its id, 0x and 64 digits. */
  sealedWithout(paths: ReadonlySet<string>, declaration: string): Promise<SealedCopy>;
}

/** A copy that a server can keep and cannot read. */
export interface SealedCopy {
  /** The share's id: 0x and 64 digits. */
  readonly share: string;
  readonly sealed: Uint8Array<ArrayBuffer>;
  /** What the link ends with, `#` included: it has the key. */
  readonly fragment: string;
}

const ENDING = /\.wrapped$/;

/** Read a file; `problem` says why it cannot be read. `format`: what its owner says that it is, else what it seems to be. */
export async function hold(file: File, format?: Format): Promise<Held | { readonly problem: string }> {
  fromPage();
  let data: Uint8Array;
  try {
    data = new Uint8Array(await file.arrayBuffer());
  } catch {
    return { problem: say("The browser could not read this file. It may have been moved or changed: choose it again.") };
  }
  const chosen = format ?? sniff(data, file.name);
  try {
    if (format === undefined && isOurs(data)) return ours(file.name, data);
    const wrapped = { format: chosen, seed: newSeed(), content: data };
    return held(file.name, wrap(wrapped.format, wrapped.seed, data), wrapped, "new");
  } catch (error) {
    if (error instanceof Malformed) return { problem: unreadable(data, chosen, error.message) };
    throw error;
  }
}

function ours(name: string, data: Uint8Array): Held {
  const document = readDocument(data);
  if (data[0] === 0x7b) return held(name, document, null, "copy", data.length);
  return held(name.replace(ENDING, ""), document, splitWrapped(data), "seed");
}

function unreadable(data: Uint8Array, format: Format, reason: string): string {
  if (isOurs(data)) return say("It is a file of the ledger's own, such as evidence, and no document: %(reason)s.", { reason });
  if (format === "opaque") return say("It is too large: %(reason)s.", { reason });
  return say("It looks like %(format)s, but cannot be read so: %(reason)s.", { format: format.toUpperCase(), reason });
}

function summaryOf(document: Document, kind: Held["kind"], size: number): string {
  if (kind === "copy") return say("It is a redacted copy, which has no seed. Choose the document itself, or its seed file.");
  return document.format === "opaque"
    ? say("One whole of %(size)s bytes: it can be shown or hidden, but not in parts.", { size: number(size) })
    : sayMany("Read in this browser: %(num)s field.", "Read in this browser: %(num)s fields.", document.fields.length);
}

function held(name: string, document: Document, wrapped: Wrapped | null, kind: Held["kind"], size = 0): Held {
  const paths = document.fields.map((field) => field.path);
  const decoder = new TextDecoder();
  const type = wrapped === null ? null : recognise(wrapped.content);
  const shownWithout = (hide: ReadonlySet<string>): Document => redact(document, (path) => !hide.has(path));
  const made: Held = {
    format: document.format,
    size: wrapped?.content.length ?? size,
    digest: `0x${hex(document.digest)}`,
    kind,
    documentType: type,
    name,
    paths,
    words: pathsInWords(document.format, paths, document.hidden.length === 0),
    types: document.fields.map((field) => field.type),
    values: document.fields.map(({ type, value }) => (type === "x" ? String(value.length) : decoder.decode(value))),
    hidden: document.hidden.length,
    summary: summaryOf(document, kind, wrapped?.content.length ?? size),
    typeHint: type === null
      ? say("The file does not say what kind of document it is. Choose it: you sign it.")
      : say("Proposed by what the file says of itself. Check it: you sign it."),
    table: () => fieldTable(made),
    choice: () => new FieldChoice(made),
    seedFile() {
      if (wrapped === null) throw new Error("a redacted copy has no seed");
      return new Uint8Array(wrappedFile(wrapped));
    },
    copyWithout: (hide) => new Uint8Array(redactedFile(shownWithout(hide))),
    evidenceWithout: (hide, evidence) => new Uint8Array(discloseIn(evidence, shownWithout(hide))),
    async sealedWithout(hide, declaration) {
      const id = unhex(declaration.slice(2));
      const made = await seal(redactedFile(shownWithout(hide)), id);
      const fragment = fragmentOf({ declaration: id, digest: document.digest, key: made.key });
      return { share: `0x${hex(made.id)}`, sealed: new Uint8Array(made.sealed), fragment };
    },
  };
  return made;
}
