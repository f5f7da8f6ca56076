// The verdict: checks, each VALID, INVALID, SKIPPED or ERROR, three questions, one conclusion. evidence-format.md.
import table from "./codes.json";
import { outcomeInWords, typeInWords } from "./lists.ts";
import { oneLine } from "./one_line.ts";
import { type Params, checkInWords } from "./wording.ts";

export type Status = "VALID" | "INVALID" | "SKIPPED" | "ERROR";
export type Question = "intact" | "in_force" | "authority";
export type Conclusion = "GOOD" | "NOT_GOOD" | "UNDECIDED";

/**
 * What one step found: its number in evidence-format.md, and a code with parameters. `words` say it in English. A check
 * that is not `decisive` is told and does not count.
 */
export interface Check {
  readonly step: number;
  readonly name: string;
  readonly question: Question;
  readonly status: Status;
  readonly decisive: boolean;
  readonly code: string;
  readonly params: Params;
  readonly words: string;
}

/** What an agency says of the declaration: an attestation in force, made with authority. */
export interface AgencyWord {
  readonly agency: string;
  readonly name: string;
  readonly jurisdiction: string;
  readonly kind: number;
  readonly outcome: number;
  readonly adverse: boolean;
  readonly words: string;
}

/** How many fields of the declared document were shown, and how many hidden. */
export interface FieldCounts {
  readonly shown: number;
  readonly hidden: number;
}

/** The members are those that `verifier/verify.py --json` prints. Times are seconds since 1970. */
export interface Verdict {
  readonly first_line: string;
  readonly declaration: string;
  readonly at: number;
  readonly clock: number;
  readonly conclusion: Conclusion;
  readonly questions: Readonly<Record<Question, Status>>;
  readonly attested_by: readonly AgencyWord[];
  readonly fields: FieldCounts | null;
  readonly checks: readonly Check[];
  /** Said of evidence that came in a PDF: what of it is proven, and what is not. */
  readonly notice?: string;
}

export const QUESTIONS: readonly Question[] = ["intact", "in_force", "authority"];
const STATUSES: readonly Status[] = ["INVALID", "ERROR", "SKIPPED", "VALID"]; // the weakest first
const CODES: Readonly<Record<string, readonly string[]>> = table.codes;
const STEPS: Readonly<Record<string, readonly (string | number)[]>> = table.steps;

/** The check that a code and its parameters make. `about`: agency and kind, where it is about an attestation. */
export const makeCheck = (code: string, params: Params, about = "", decisive = true): Check => {
  const prefix = code.slice(0, code.indexOf("."));
  const status = STATUSES.find((item) => item === CODES[code]?.[0]);
  const question = QUESTIONS.find((item) => item === STEPS[prefix]?.[1]);
  if (status === undefined || question === undefined) throw new Error(`there is no code ${code}`);
  const name = `${about} ${prefix}`.trimStart().replaceAll("_", " ");
  const step = Number(STEPS[prefix]?.[0]);
  return { step, name, question, status, decisive, code, params: plain(params), words: checkInWords(code, params) };
};

/** Numbers that a double has are given as such: only those of lawless entries are beyond. */
const plain = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.map(number) : number(value)]),
  );

const number = <Value>(value: Value): Value | number =>
  typeof value === "bigint" && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

/** What an agency says, with its English. */
export const makeWord = (word: Omit<AgencyWord, "words">): AgencyWord => {
  const who = `${oneLine(word.name)} (${word.agency}, ${word.jurisdiction})`;
  return { ...word, words: `${who} says ${typeInWords(word.kind)}: ${outcomeInWords(word.kind, word.outcome)}` };
};

/** The weakest decisive check of a question; SKIPPED if none was made. */
export const answerOf = (question: Question, checks: readonly Check[]): Status => {
  const counting = checks.filter((check) => check.decisive && check.question === question);
  const found = new Set(counting.map(({ status }) => status));
  return STATUSES.find((status) => found.has(status)) ?? "SKIPPED";
};

/** What follows from the answers to the three questions. */
export const conclusionOf = (answers: readonly Status[], allowSkipped: boolean): Conclusion => {
  if (answers.includes("INVALID")) return "NOT_GOOD";
  return answers.includes("ERROR") || (answers.includes("SKIPPED") && !allowSkipped) ? "UNDECIDED" : "GOOD";
};

/** Whether no check found that checkpoint (6) or entries (8) are not of the history that is trusted. */
export const isProven = (checks: readonly Check[]): boolean => {
  return !checks.some((check) => (check.step === 6 || check.step === 8) && check.status === "INVALID");
};

/** The verdict in one line: conclusion, document type, and which agencies spoke, adverse words first. */
export const firstLine = (
  conclusion: Conclusion,
  documentType: number,
  checks: readonly Check[],
  words: readonly AgencyWord[],
): string => {
  const document = `${typeInWords(documentType)} (type ${documentType})`;
  let begin = conclusion.replace("_", " ");
  if (!isProven(checks)) return `${begin}, for the entries shown are not proven: ${document}`;
  if (checks.some((check) => check.step === 22 && check.status === "INVALID")) {
    begin += ", and something is left out";
  } else if (words.length === 0) {
    return `${begin}, without any agency's word: ${document}`;
  }
  if (words.some((word) => word.adverse)) begin += ", with an ADVERSE word in force";
  return [`${begin}: ${document}`, ...new Set(words.map((word) => word.words))].join(". ");
};
