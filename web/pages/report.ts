// What the checking page shows of some files: the verdict, and the fields that it is about. Without DOM, so that it can be
// worked out in a second thread.
import { hex, Malformed } from "../verifier/bytes.ts";
import { compareFields, type Document, type Field, Plain } from "../verifier/document.ts";
import { type Held, readFiles } from "../verifier/question.ts";
import type { Verdict } from "../verifier/verdict.ts";
import { verify } from "../verifier/verify.ts";
import type { Role } from "./given.ts";
import { pathsInWords } from "./paths.ts";

/** The bytes of the files of a question. `clock`: this computer's, in seconds. */
export interface Question {
  readonly evidence: Uint8Array;
  readonly document: Uint8Array | null;
  readonly trusts: readonly Uint8Array[];
  readonly policy: Uint8Array | null;
  readonly clock: number;
}

/** Fields of the declared document, one at each index of the four lists. */
export interface ShownFields {
  readonly paths: readonly string[];
  /** The paths for people. */
  readonly words: readonly string[];
  /** The types of formats.md section 2, and the values as text; of type `x` the number of bytes. */
  readonly types: readonly string[];
  readonly values: readonly string[];
  readonly hidden: number;
}

export interface Value {
  readonly type: string;
  readonly text: string;
}

/** A field of a plain file that is not as declared; null where it is not there. */
export interface ComparedField {
  readonly path: string;
  readonly words: string;
  readonly declared: Value | null;
  readonly found: Value | null;
}

/** A plain file beside the fields that the evidence discloses. `rows`: the first of those that differ. */
export interface Comparison {
  readonly same: number;
  readonly differing: number;
  readonly unknown: number;
  readonly rows: readonly ComparedField[];
}

export interface Report {
  readonly verdict: Verdict;
  readonly documentType: number;
  /** The signer who declared it, and the name of the history. */
  readonly party: string;
  readonly origin: string;
  /** Null where no document shows fields of the declared one. */
  readonly shown: ShownFields | null;
  readonly comparison: Comparison | null;
  /** The declared PDF, as it was before evidence was attached. */
  readonly original: Uint8Array<ArrayBuffer> | null;
}

export type Examined =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "malformed"; readonly role: Role; readonly words: string }
  | { readonly kind: "failed" };

/** Asks the verifier, and gathers what is to be shown. It never throws. */
export function examine({ evidence, document, trusts, policy, clock }: Question): Examined {
  try {
    return { kind: "report", report: reportOf(readFiles({ evidence, document, trust: trustsOf(trusts), policy }), clock) };
  } catch (error) {
    return error instanceof Malformed ? { kind: "malformed", ...partOf(error.message) } : { kind: "failed" };
  }
}

/** Several trust files are a folder of them, of which the history's own counts. */
function trustsOf(files: readonly Uint8Array[]): Uint8Array | ReadonlyMap<string, Uint8Array> | null {
  if (files.length < 2) return files[0] ?? null;
  return new Map(files.map((file, at) => [`trust ${at + 1}`, file]));
}

/** Which file is malformed: the verifier's message begins with it. */
function partOf(message: string): { role: Role; words: string } {
  for (const role of ["evidence", "document", "policy"] as const) {
    if (message.startsWith(`${role}: `)) return { role, words: message.slice(role.length + 2) };
  }
  return { role: "trust", words: message.slice(message.indexOf(": ") + 2) };
}

function reportOf(held: Held, clock: number): Report {
  const verdict = verify(held, { at: null, clock });
  const { declaration, origin, document: disclosed } = held.evidence;
  const original = held.pages?.original ?? null;
  const given = held.document ?? original;
  const document = given === null || given instanceof Plain ? disclosed : given;
  const isCompared = given instanceof Plain && disclosed !== null && verdict.checks.some(({ code }) => code === "disclosure.declared");
  return {
    verdict,
    documentType: Number(declaration.number("documentType")),
    party: `0x${hex(declaration.bytes("party"))}`,
    origin: origin.text,
    // The verdict counts fields only where they are those of the declared document.
    shown: verdict.fields === null || document === null ? null : shownOf(document),
    comparison: isCompared ? comparisonOf(given, disclosed) : null,
    original: original === null ? null : new Uint8Array(original.fields[0]?.value ?? []),
  };
}

function shownOf({ format, fields, hidden }: Document): ShownFields {
  const paths = fields.map(({ path }) => path);
  return {
    paths,
    words: pathsInWords(format, paths, hidden.length === 0),
    types: fields.map(({ type }) => type),
    values: fields.map((field) => valueOf(field).text),
    hidden: hidden.length,
  };
}

const DECODER = new TextDecoder();

const valueOf = ({ type, value }: Field): Value => ({ type, text: type === "x" ? String(value.length) : DECODER.decode(value) });

const MOST_ROWS = 100;

function comparisonOf(given: Plain, disclosed: Document): Comparison {
  const compared = compareFields(given, disclosed);
  const same = compared.filter(({ likeness }) => likeness === "same").length;
  const unknown = compared.filter(({ likeness }) => likeness === "unknown").length;
  const differing = compared.filter(({ likeness }) => likeness !== "same" && likeness !== "unknown");
  const first = differing.slice(0, MOST_ROWS);
  const words = pathsInWords(disclosed.format, first.map(({ path }) => path), false);
  const rows = first.map(({ path, declared, found }, at): ComparedField => ({
    path,
    words: words[at] ?? path,
    declared: declared && valueOf(declared),
    found: found && valueOf(found),
  }));
  return { same, unknown, differing: differing.length, rows };
}
