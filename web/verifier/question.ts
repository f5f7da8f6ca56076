// A question to the verifier: the files that somebody holds, and what they hold once they are read.
import { type Bytes, Malformed } from "./bytes.ts";
import { type Document, type Plain, readBeside, readDocument } from "./document.ts";
import { type Evidence, readEvidence } from "./evidence.ts";
import { cutPdf, isPdf } from "./pdf.ts";
import { NO_POLICY, type Policy, readPolicy } from "./policy.ts";
import { type ChosenTrust, type TrustRoot, chooseTrust, readTrust } from "./trust.ts";

/** `evidence` may be a PDF that carries it. `trust`: one trust root, or a folder of them by their files' names. */
export interface Files {
  readonly evidence: Bytes;
  readonly document: Bytes | null;
  readonly trust: Bytes | ReadonlyMap<string, Bytes> | null;
  readonly policy: Bytes | null;
}

/** The PDF that carries the evidence. `original`: what it was before, where it was itself declared. */
export interface Pages {
  readonly original: Document | null;
}

/** The files, read. */
export interface Held {
  readonly evidence: Evidence;
  readonly document: Document | Plain | null;
  readonly pages: Pages | null;
  readonly trust: ChosenTrust;
  readonly policy: Policy;
}

/** Reads the files. Malformed names the part that cannot be read, and says what is wrong with it. */
export const readFiles = (files: Files): Held => {
  const cut = isPdf(files.evidence) ? reading("evidence", () => cutPdf(files.evidence)) : null;
  const evidence = reading("evidence", () => readEvidence(cut === null ? files.evidence : cut.evidence));
  const { document, policy } = files;
  const wrapped = cut?.wrapped ?? null;
  return {
    evidence,
    document: document === null ? null : reading("document", () => readBeside(document, evidence.document)),
    pages: cut && { original: wrapped === null ? null : reading("evidence", () => readDocument(wrapped)) },
    trust: readTrusts(files.trust, evidence),
    policy: policy === null ? NO_POLICY : reading("policy", () => readPolicy(policy)),
  };
};

const readTrusts = (given: Files["trust"], { origin }: Evidence): ChosenTrust => {
  if (given === null) return { trust: null, elsewhere: [] };
  if (given instanceof Uint8Array) return { trust: reading("trust", () => readTrust(given)), elsewhere: [] };
  const roots = new Map<string, TrustRoot>();
  for (const [name, data] of given) roots.set(name, reading(name, () => readTrust(data)));
  return reading("trust", () => chooseTrust(roots, origin));
};

const reading = <Read>(part: string, read: () => Read): Read => {
  try {
    return read();
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(`${part}: ${error.message}`) : error;
  }
};
