// The codes of statements in words, in the chosen language: what a document is, what an outcome and a reason say.
import table from "../verifier/code_lists.json";
import { say } from "./words.ts";

interface OutcomeList {
  readonly words: Readonly<Record<string, string>>;
  readonly adverse: readonly number[];
}

const TYPES: Readonly<Record<string, string>> = table.types;
const OUTCOMES: Readonly<Record<string, OutcomeList>> = table.outcomes;
const KINDS: Readonly<Record<string, number>> = table.kinds;
const WITHDRAWALS: Readonly<Record<string, string>> = table.withdrawals;

/** What a document type or a kind of attestation is, e.g. "commercial invoice". */
export function typeInWords(code: number): string {
  const known = TYPES[code];
  return known === undefined ? say("document of type %(code)s (UNCL 1001)", { code }) : say(known);
}

/** What an outcome of this kind says, e.g. "goods released". */
export const outcomeInWords = (kind: number, outcome: number): string => listed(listOf(kind), outcome);

/** Why an attestation was revoked, e.g. "in error". */
export const revocationInWords = (reason: number): string => listed(table.ordinary, reason);

/** Why a declaration was withdrawn, e.g. "replaced". */
export function withdrawalInWords(reason: number): string {
  const known = WITHDRAWALS[reason];
  return known === undefined ? unnamed(reason, 1225) : say(known);
}

/** Whether the outcome holds against the goods or the party: a hold, a refusal, an examination, a demand. */
export const isAdverse = (kind: number, outcome: number): boolean => OUTCOMES[listOf(kind)]?.adverse.includes(outcome) ?? false;

const listOf = (kind: number): number => KINDS[kind] ?? table.ordinary;

function listed(list: number, code: number): string {
  const known = OUTCOMES[list]?.words[code];
  return known === undefined ? unnamed(code, list) : say(known);
}

const unnamed = (code: number, list: number): string => say("code %(code)s of UNCL %(list)s", { code, list });
