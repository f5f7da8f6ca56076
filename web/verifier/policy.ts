// What a verifier demands: evidence-format.md, "The policy".
import { type Bytes, Malformed, characters } from "./bytes.ts";
import type { Json } from "./json.ts";
import { readList, readObject, readOptionalWhole, readSettings, readText, readWhole } from "./members.ts";
import { checkPattern } from "./patterns.ts";

/** Attestations that must not be in force. No outcomes: every adverse one of the kind (UNCL 1001). */
export interface Refusal {
  readonly kind: number;
  readonly outcomes: readonly number[];
}

/** An attestation that must be in force. No jurisdictions: any; no outcomes: any that is not adverse. */
export interface Requirement extends Refusal {
  readonly jurisdictions: readonly string[];
}

/** Ages and tolerances are in seconds; null demands nothing. */
export interface Policy {
  readonly allowSkipped: boolean;
  readonly clockTolerance: number;
  readonly maxAge: number | null;
  readonly maxHidden: number | null;
  readonly refuse: readonly Refusal[];
  readonly require: readonly Requirement[];
  readonly show: readonly string[];
  readonly witnesses: number | null;
}

/** Without a policy. */
export const NO_POLICY: Policy = {
  allowSkipped: true,
  clockTolerance: 15,
  maxAge: null,
  maxHidden: null,
  refuse: [],
  require: [],
  show: [],
  witnesses: null,
};

const FORMAT = "trade-ledger/policy/2";
const MEMBERS = [
  "allow_skipped", "clock_tolerance", "ledger", "max_age", "max_hidden", "refuse", "require", "show", "witnesses",
];
const MAX_CODE = 0xffff;
const MAX_DEMANDS = 64;

/** Reads a policy file. Malformed says what is wrong with it. */
export const readPolicy = (data: Bytes): Policy => {
  const value = readSettings(data, FORMAT, MEMBERS);
  const allowSkipped = value.get("allow_skipped");
  if (typeof allowSkipped !== "boolean") throw new Malformed("allow_skipped must be true or false");
  return {
    allowSkipped,
    clockTolerance: readWhole(value.get("clock_tolerance"), "clock_tolerance", 86_400),
    maxAge: readOptionalWhole(value.get("max_age"), "max_age"),
    maxHidden: readOptionalWhole(value.get("max_hidden"), "max_hidden"),
    refuse: readList(value.get("refuse"), "refuse", MAX_DEMANDS).map(readRefusal),
    require: readList(value.get("require"), "require", MAX_DEMANDS).map(readRequirement),
    show: readList(value.get("show"), "show", 16).map(readPatternText),
    witnesses: readOptionalWhole(value.get("witnesses"), "witnesses"),
  };
};

const readRequirement = (item: Json): Requirement => {
  const members = readObject(item, ["jurisdictions", "kind", "outcomes"], "an item of require");
  const jurisdictions = readList(members.get("jurisdictions"), "jurisdictions").map((code) => {
    if (typeof code !== "string" || !/^[A-Z]{2}$/.test(code))
      throw new Malformed("a jurisdiction is an ISO 3166-1 alpha-2 code");
    return code;
  });
  return { ...readKindAndOutcomes(members), jurisdictions };
};

const readRefusal = (item: Json): Refusal =>
  readKindAndOutcomes(readObject(item, ["kind", "outcomes"], "an item of refuse"));

const readKindAndOutcomes = (members: ReadonlyMap<string, Json>): Refusal => {
  const outcomes = readList(members.get("outcomes"), "outcomes");
  return {
    kind: readWhole(members.get("kind"), "kind", MAX_CODE),
    outcomes: outcomes.map((outcome) => readWhole(outcome, "an outcome", MAX_CODE)),
  };
};

const readPatternText = (item: Json): string => {
  const pattern = readText(item, "a pattern of show");
  if (characters(pattern) > 256) throw new Malformed("a pattern of show must have at most 256 characters");
  checkPattern(pattern);
  return pattern;
};
