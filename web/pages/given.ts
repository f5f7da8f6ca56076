// The files that a person gives: what each of them is, by what it holds and never by its name.

export type Role = "evidence" | "document" | "trust" | "policy";

/** A file and what it was taken for. */
export interface Given {
  readonly file: File;
  readonly role: Role;
}

const HEAD = 1024;
const TAIL = 256;
const MOST_SEARCHED = 17 * 1024 * 1024; // a little more than the largest evidence

/**
 * What a file is. Evidence is known by how it begins, a PDF that carries it by how it ends. Where evidence or a trust
 * file was changed by an editor it is still known, so that the answer is about what is wrong with it.
 */
export async function roleOf(file: File): Promise<Role> {
  const head = await textOf(file.slice(0, HEAD));
  if (head.startsWith('{"checkpoint":')) return "evidence";
  if (head.startsWith("%PDF-")) {
    return (await textOf(file.slice(Math.max(0, file.size - TAIL)))).includes("%ledger/pdf/1 ") ? "evidence" : "document";
  }
  if (head.startsWith('{"fields":') || !/^(?:\u00ef\u00bb\u00bf)?\s*\{/u.test(head) || file.size > MOST_SEARCHED) return "document";
  const whole = await textOf(file);
  if (whole.includes('"trade-ledger/evidence/')) return "evidence";
  if (whole.includes('"trade-ledger/trust-root/')) return "trust";
  if (whole.includes('"trade-ledger/policy/')) return "policy";
  return "document";
}

/** The bytes as Latin-1 text: a search for ASCII needs no other reading, and no bytes are refused. */
const textOf = async (blob: Blob): Promise<string> => new TextDecoder("latin1").decode(await blob.arrayBuffer());

/**
 * The files together: a new one takes the place of one with the same role, but trust files add up. A PDF that carries
 * nothing is taken for the document; where there is no evidence at all, its check says what is missing.
 */
export function together(before: readonly Given[], added: readonly Given[]): Given[] {
  let all = [...before];
  for (const given of added) {
    all = all.filter((other) => (given.role === "trust" ? !(other.role === "trust" && other.file.name === given.file.name) : other.role !== given.role));
    all.push(given);
  }
  return all;
}

/** The first file of a role, if there is one. */
export const fileOf = (all: readonly Given[], role: Role): File | null => all.find((given) => given.role === role)?.file ?? null;
