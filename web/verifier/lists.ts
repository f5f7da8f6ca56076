// The code lists of statements: formats.md section 3, "Code lists". Their words are generated from the Python tables.
import table from "./code_lists.json";

const TYPES: Readonly<Record<string, string>> = table.types;
const OUTCOMES: Readonly<Record<string, { readonly words: Readonly<Record<string, string>> }>> = table.outcomes;
const WITHDRAWALS: Readonly<Record<string, string>> = table.withdrawals;

const DOCUMENT_STATUS = 1373;
const STATUS_DESCRIPTION = 4405;
const PROCESSING_INDICATOR = 7365;
const LISTS: ReadonlyMap<number, number> = new Map([
  ...[132, 932, 961, 962, 963].map((kind) => [kind, PROCESSING_INDICATOR] as const),
  ...[293, 854, 965, 9003].map((kind) => [kind, STATUS_DESCRIPTION] as const),
]);
const ADVERSE: ReadonlyMap<number, readonly number[]> = new Map([
  [DOCUMENT_STATUS, [8]],
  [STATUS_DESCRIPTION, [1, 14, 160]],
  [PROCESSING_INDICATOR, [2, 5, 6, 7, 16, 25, 30, 104, 122, 129]],
]);

/** What a document type or a kind of attestation is, e.g. "commercial invoice". */
export const typeInWords = (code: number): string => TYPES[code] ?? `document of type ${code} (UNCL 1001)`;

/** What an outcome of this kind says, e.g. "goods released". */
export const outcomeInWords = (kind: number, outcome: number): string => listed(outcomeList(kind), outcome);

/** Why an attestation was revoked, e.g. "validity revoked". */
export const reasonInWords = (reason: number): string => listed(DOCUMENT_STATUS, reason);

/** Why a declaration was withdrawn, e.g. "cancelled". */
export const withdrawalInWords = (reason: number): string => WITHDRAWALS[reason] ?? unnamed(reason, 1225);

const listed = (list: number, code: number): string => OUTCOMES[list]?.words[code] ?? unnamed(code, list);

const unnamed = (code: number, list: number): string => `code ${code} of UNCL ${list}`;

const outcomeList = (kind: number): number => LISTS.get(kind) ?? DOCUMENT_STATUS;

/** The outcomes of this kind that hold against the goods or the party, ascending. */
export const adverseOutcomes = (kind: number): readonly number[] => ADVERSE.get(outcomeList(kind)) ?? [];

/** Whether the outcome holds against the goods or the party: a hold, a refusal, an examination, a demand. */
export const isAdverse = (kind: number, outcome: number): boolean => adverseOutcomes(kind).includes(outcome);
