// Who said what of a document: the checks of each attestation, put together again from the verdict.
import type { AgencyWord, Check, Status, Verdict } from "../verifier/verdict.ts";

/** What one agency said, and what became of it. */
export interface Said {
  /** The agency's code, and where its authority is shown, its name and country (ISO 3166) too. */
  readonly agency: string;
  readonly name: string | null;
  readonly jurisdiction: string | null;
  readonly kind: number;
  readonly outcome: number;
  /** When, in seconds; null where the verdict has only the time at which it begins or ends. */
  readonly time: number | null;
  /** The part of the code after "in_force.": "not_revoked", "revoked", "expired" and so on. */
  readonly standing: string;
  /** The weakest of the checks of set, signature and authority; SKIPPED where none was made. */
  readonly proven: Status;
  /** Whether it counts for the conclusion. */
  readonly decisive: boolean;
  readonly adverse: boolean;
  readonly inForce: boolean;
}

const PROOFS = ["set.", "signature.", "authority."];
const ORDER: readonly Status[] = ["INVALID", "ERROR", "SKIPPED"];

/** All that agencies said, in the order of the history. */
export function allSaid(verdict: Verdict, isAdverse: (kind: number, outcome: number) => boolean): Said[] {
  const found: Said[] = [];
  verdict.checks.forEach((check, at) => {
    if (!check.code.startsWith("in_force.")) return;
    const about = aboutOf(check);
    const its: Check[] = [];
    for (const next of verdict.checks.slice(at + 1)) {
      if (next.code.startsWith("in_force.") || aboutOf(next) !== about) break;
      its.push(next);
    }
    found.push(put(check, its, isAdverse));
  });
  return found;
}

/** Agency and kind that a check is about, e.g. "NZ-MPI 851"; empty for a check about no attestation. */
export const aboutOf = (check: Check): string => /^(\S+ \d+) /u.exec(check.name)?.[1] ?? "";

/** The name of the agency that a check is about: by the authority shown in the verdict, or else its code. */
export function agencyOf(check: Check, verdict: Verdict): string {
  const about = aboutOf(check);
  for (const other of verdict.checks) {
    const name = other.params["name"];
    if (other.code.startsWith("authority.") && aboutOf(other) === about && typeof name === "string") return name;
  }
  return about.split(" ")[0] ?? "";
}

function put(check: Check, its: readonly Check[], isAdverse: (kind: number, outcome: number) => boolean): Said {
  const [agency = "", kind = ""] = aboutOf(check).split(" ");
  const outcome = Number(check.params["outcome"]);
  const authority = its.find((one) => one.code.startsWith("authority."));
  const proofs = its.filter((one) => PROOFS.some((prefix) => one.code.startsWith(prefix)));
  const proven = ORDER.find((status) => proofs.some((one) => one.status === status)) ?? "VALID";
  const standing = check.code.slice("in_force.".length);
  return {
    agency,
    name: textOf(authority, "name"),
    jurisdiction: textOf(authority, "jurisdiction"),
    kind: Number(kind),
    outcome,
    time: typeof check.params["time"] === "number" ? check.params["time"] : null,
    standing,
    proven: proofs.length === 0 ? "SKIPPED" : proven,
    decisive: check.decisive,
    adverse: isAdverse(Number(kind), outcome),
    inForce: standing === "not_revoked" || standing === "no_revocation_shown",
  };
}

function textOf(check: Check | undefined, name: string): string | null {
  const value = check?.params[name];
  return typeof value === "string" ? value : null;
}

/** Whether an agency speaks against the goods or the party, in a word that stands. */
export const hasAdverse = (words: readonly AgencyWord[]): boolean => words.some((word) => word.adverse);
