// What a policy demands: attestations in force and not in force, fields shown. evidence-format.md, checks 11, 18 to 20.
import type { Candidate } from "./attestations.ts";
import type { Document } from "./document.ts";
import { adverseOutcomes } from "./lists.ts";
import { patternMatches } from "./patterns.ts";
import { type Verification, first } from "./verification.ts";

/** Check 11, where the policy asks. */
export const checkFreshness = (verification: Verification): void => {
  const { policy, facts, at, cosigned } = verification;
  const allowed = policy.maxAge;
  if (allowed === null) return;
  const last = facts.entries.at(-1);
  verification.recent = last !== undefined && at - Math.max(last.time, cosigned.at(-1) ?? 0) <= allowed;
  verification.add(verification.recent ? "freshness.recent" : "freshness.stale", { ...verification.asOf(), allowed });
};

/** Check 18, for each item of `require`. While something is left out, no word counts: it may be a revocation. */
export const checkRequirements = (verification: Verification, candidates: readonly Candidate[]): void => {
  const counting = verification.complete ? candidates : [];
  for (const { kind, jurisdictions, outcomes } of verification.policy.require) {
    const fitting = counting.filter(
      ({ word }) =>
        word.kind === kind &&
        (jurisdictions.length === 0 || jurisdictions.includes(word.jurisdiction)) &&
        (outcomes.length === 0 ? !word.adverse : outcomes.includes(word.outcome)),
    );
    const found = fitting.length === 0 ? "not_met" : fitting.some(({ known }) => known) ? "met" : "undecided";
    verification.add(`policy.${found}`, { kind, jurisdictions, outcomes });
  }
};

/** Check 19, for each item of `refuse`. */
export const checkRefusals = (verification: Verification, candidates: readonly Candidate[]): void => {
  for (const { kind, outcomes } of verification.policy.refuse) {
    const refused = outcomes.length > 0 ? outcomes : adverseOutcomes(kind);
    const found = candidates.filter(({ word }) => word.kind === kind && refused.includes(word.outcome));
    const said = { kind, outcomes: refused };
    if (found.some(({ known }) => known)) verification.add("refusal.in_force", said);
    else if (found.length > 0) verification.add("refusal.undecided", said);
    else if (verification.complete) verification.add("refusal.none", { ...said, ...verification.asOf() });
    else verification.add("refusal.none_shown", { ...said, ...verification.asOf() });
  }
};

/** Check 20, where the policy says what must be shown. `document`: what shows fields of the declared one. */
export const checkShown = (verification: Verification, document: Document | null): void => {
  const { show, maxHidden } = verification.policy;
  if (show.length === 0 && maxHidden === null) return;
  if (document === null) {
    verification.add("shown.nothing");
    return;
  }
  const shown = document.fields.length;
  const hidden = document.hidden.length;
  const missing = show.filter((pattern) => !patternMatches(document, pattern));
  const { named, more } = first(missing);
  if (missing.length > 0) verification.add("shown.missing", { patterns: named, more });
  else if (maxHidden !== null && hidden > maxHidden)
    verification.add("shown.too_few", { shown, hidden, allowed: maxHidden });
  else verification.add("shown.enough", { shown, hidden });
};
