// Declarations on their way: what was chosen, what is signed, what the server has. They are kept in this tab, so that a
// page which is left to sign, or reloaded, goes on where it was. Documents and seeds are not among what is kept.
import type { Json } from "./signing.ts";

/** A declaration before it is at the server. Hex begins with 0x. */
export interface Draft {
  readonly name: string;
  readonly digest: string;
  /** UNCL 1001. */
  readonly type: number;
  /** Id of the declaration that it replaces, or zero. */
  readonly replaces: string;
  readonly party: string;
  /** Of the signed declaration; empty before it is signed. */
  readonly id: string;
  readonly signature: string;
  /** Whether the server has it. */
  readonly done: boolean;
}

export const NOTHING = `0x${"00".repeat(32)}`;
const KEPT = "declarations";
const HASH = /^0x[0-9a-f]{64}$/;

export function keepDrafts(drafts: readonly Draft[]): void {
  if (drafts.length === 0) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, JSON.stringify(drafts));
}

/** What this tab kept; none where it kept none, or what is no list of drafts. */
export function keptDrafts(): Draft[] {
  let value: unknown;
  try {
    value = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(value) ? value.flatMap((item: unknown) => draftOf(item) ?? []) : [];
}

function draftOf(value: unknown): Draft | null {
  const found = new Map(Object.entries(typeof value === "object" && value !== null ? value : {}));
  const text = (name: string): string => {
    const one: unknown = found.get(name);
    return typeof one === "string" ? one : "";
  };
  const type: unknown = found.get("type");
  const [name, digest, replaces, party] = [text("name"), text("digest"), text("replaces"), text("party")];
  if (typeof type !== "number" || !HASH.test(digest) || !HASH.test(replaces) || party === "") return null;
  return { name, digest, type, replaces, party, id: text("id"), signature: text("signature"), done: found.get("done") === true };
}

/** The declaration as the API takes it, and as its party signs it. */
export const declarationOf = (draft: Draft): { [member: string]: Json } => ({
  party: draft.party,
  digest: draft.digest,
  document_type: draft.type,
  replaces: draft.replaces,
});

// ------------------------------------------------------------------------------------------------- names of documents

const NAMES = "document-names";
const MOST_NAMES = 1_000;

/** Note what a declared document is called on this computer. No server learns it. */
export function noteName(id: string, name: string): void {
  const names = [...notedNames().entries()].filter(([other]) => other !== id).slice(1 - MOST_NAMES);
  try {
    localStorage.setItem(NAMES, JSON.stringify([...names, [id, name]]));
  } catch {
    // A browser that keeps nothing shows ids alone.
  }
}

/** The names that this computer noted, by the declaration's id. */
export function notedNames(): Map<string, string> {
  const names = new Map<string, string>();
  try {
    const value: unknown = JSON.parse(localStorage.getItem(NAMES) ?? "[]");
    for (const pair of Array.isArray(value) ? value : []) {
      if (!Array.isArray(pair)) continue;
      const [id, name]: unknown[] = pair;
      if (typeof id === "string" && typeof name === "string") names.set(id, name);
    }
  } catch {
    // Nothing was noted, or nothing can be.
  }
  return names;
}
