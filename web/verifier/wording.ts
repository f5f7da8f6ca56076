// What a check found, in words. The templates are generated from the Python table.
import table from "./codes.json";
import { outcomeInWords, reasonInWords, typeInWords, withdrawalInWords } from "./lists.ts";

/** A parameter of what a check found. Hashes and signers are hex with 0x, times seconds since 1970. */
export type Param = string | number | bigint | null | readonly (string | number | bigint)[];
export type Params = Readonly<Record<string, Param>>;

const CODES: Readonly<Record<string, readonly string[]>> = table.codes;
const LAST_SECOND = 253_402_300_799; // of the year 9999

/** Seconds since 1970 as a time in UTC, e.g. 2026-11-22T10:00:00Z; beyond the year 9999 the number. */
export const when = (at: number): string =>
  at > LAST_SECOND ? `second ${at}` : `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;

const PART = /\[([^\]]*)\]|\{(\w+)(?:!([tokurw]))?\}/g;

/** What a check found, in words: the template of its code, filled with its parameters. */
export const checkInWords = (code: string, params: Params): string => {
  const template = CODES[code]?.[1];
  if (template === undefined) throw new Error(`the code ${code} has no words`);
  return fill(template, params);
};

/**
 * Fills a template: `{name}` is a parameter, `{name!t}` a time, `{name!o}` a list of which any will do, `{name!k}` a
 * kind, `{name!u}` outcomes of the parameter `kind`, `{name!r}` the reason of a revocation, `{name!w}` of a withdrawal.
 * A part in square brackets is left out where one of its parameters is null or an empty list.
 */
const fill = (template: string, params: Params): string =>
  template.replace(PART, (_, optional: string | undefined, name: string, form = "") => {
    if (optional === undefined) return shown(paramOf(params, name), form, params);
    const names = [...optional.matchAll(PART)].map((found) => found[2] ?? "");
    return names.some((item) => isMissing(paramOf(params, item))) ? "" : fill(optional, params);
  });

const paramOf = (params: Params, name: string): Param => {
  const value = params[name];
  if (value === undefined) throw new Error(`the parameter ${name} is missing`);
  return value;
};

const isMissing = (value: Param): boolean =>
  value === null || (Array.isArray(value) && value.length === 0);

const FORMS: Readonly<Record<string, (value: number) => string>> = {
  t: when,
  k: (code) => `${typeInWords(code)} (${code})`,
  r: (code) => `${reasonInWords(code)} (${code})`,
  w: (code) => `${withdrawalInWords(code)} (${code})`,
};

const shown = (value: Param, form: string, params: Params): string => {
  const items: readonly Param[] = value !== null && typeof value === "object" ? value : [value];
  if (form === "u") return items.map((item) => outcomeInWords(Number(params["kind"]), Number(item))).join(" or ");
  // The one field of an opaque document has the empty path.
  if (Array.isArray(value))
    return items.map((item) => String(item) || "the content").join(form === "o" ? " or " : ", ");
  return typeof value === "number" ? (FORMS[form] ?? String)(value) : String(value);
};
