// Still in force, and by whom? The checks about each attestation: evidence-format.md, checks 13 to 17.
import { Failed, hex } from "./bytes.ts";
import { type Authority, NotEmpowered, type Undecided, authorities } from "./authority.ts";
import type { Attestation, Judged, Revocation } from "./facts.ts";
import { isAdverse } from "./lists.ts";
import { OnlyContract, checkSignature } from "./signed.ts";
import { type AgencyWord, type Status, makeWord } from "./verdict.ts";
import type { Verification } from "./verification.ts";
import type { Params } from "./wording.ts";

type Powers = ReadonlyMap<bigint, Authority | NotEmpowered>;

/**
 * What an agency says by an attestation in force that no check refused. `known` is false where nobody can say here
 * whether a wallet contract accepted a signature under it, or under its authority.
 */
export interface Candidate {
  readonly word: AgencyWord;
  readonly known: boolean;
}

/** Checks 13 to 17 for each attestation about the declaration, in the order of entries. */
export const checkAttestations = (verification: Verification): readonly Candidate[] => {
  const { facts, at, policy } = verification;
  const powers = authorities(facts);
  const candidates: Candidate[] = [];
  for (const judged of facts.judged(at, policy.clockTolerance)) {
    const { attestation, decisive } = judged;
    checkInForce(verification, judged);
    for (const revocation of judged.revocations) checkRevocation(verification, attestation, revocation, powers);
    if (!decisive) continue;
    checkCompromise(verification, attestation);
    const candidate = checkSource(verification, judged, powers);
    if (candidate !== null) candidates.push(candidate);
  }
  return candidates;
};

/** Agency and kind, as the names of its checks begin. */
const nameOf = ({ agency, kind }: Attestation): string => `${agency} ${kind}`;

/** Check 13. */
const checkInForce = (verification: Verification, judged: Judged): void => {
  const { attestation, standing, decidedBy, inDoubt, decisive } = judged;
  const { kind, outcome, validFrom, validUntil } = attestation;
  const { number, time } = decidedBy;
  const says = { kind, outcome, entry: number };
  const add = (code: string, params: Params): void =>
    void verification.add(`in_force.${code}`, { ...says, ...params }, nameOf(attestation), decisive);
  switch (standing) {
    case "in_force":
      add(verification.complete ? "not_revoked" : "no_revocation_shown", { time, ...verification.asOf() });
      break;
    case "revoked": {
      const code = inDoubt ? "revocation_in_doubt" : isAdverse(kind, outcome) ? "lifted" : "revoked";
      add(code, { time });
      break;
    }
    case "before_validity":
      add(standing, { valid_from: validFrom });
      break;
    case "expired":
      add(standing, { valid_until: validUntil });
      break;
    default:
      add(standing, { time });
  }
};

/** Check 13, for a revocation that ends an attestation: its signer signed it, and spoke for the agency then. */
const checkRevocation = (
  verification: Verification,
  attestation: Attestation,
  ended: Revocation,
  powers: Powers,
): void => {
  const { entry, signature } = ended;
  const { origin } = verification.evidence;
  const signer = `0x${hex(ended.signer)}`;
  const add = (code: string, params: Params): void =>
    void verification.add(`revocation.${code}`, { entry: entry.number, signer, ...params }, nameOf(attestation));
  let undecided: string | null = null;
  try {
    checkSignature(origin, ended.signer, origin.id("Revocation", entry.said), signature);
  } catch (error) {
    if (error instanceof OnlyContract) undecided = error.message; // what is wrong for certain outweighs it
    else if (error instanceof Failed) return add("not_signed", { reason: error.message });
    else throw error;
  }
  const power = powerOf(powers, entry.number);
  if (power instanceof NotEmpowered) return add("not_empowered", { because: power.code, reason: power.message });
  undecided ??= power.undecided && inWords(power.undecided);
  if (undecided !== null) return add("only_contract", { reason: undecided });
  const reason_code = Number(entry.said.number("reason"));
  return add("shown", { time: entry.time, reason_code, authorised: power.authorised });
};

const inWords = ({ entry, reason }: Undecided): string => `entry ${entry}: ${reason}`;

const powerOf = (powers: Powers, entry: bigint): Authority | NotEmpowered => {
  const power = powers.get(entry);
  if (power === undefined) throw new Error(`nobody asked for the authority of entry ${entry}`);
  return power;
};

/** Check 14, where the attester is declared compromised. */
const checkCompromise = (verification: Verification, attestation: Attestation): void => {
  const since = verification.facts.compromisedFrom(attestation.signer);
  if (since === null) return;
  const { number, time } = attestation.entry;
  const tolerance = verification.policy.clockTolerance;
  const grade = time >= since ? "unsafe" : time + tolerance < since ? "safe" : "undecidable";
  verification.add(`compromise.${grade}`, { since, entry: number, time, tolerance }, nameOf(attestation));
};

/** Checks 15 to 17. Returns what the agency says, if the attestation is in force and no check refused it. */
const checkSource = (verification: Verification, judged: Judged, powers: Powers): Candidate | null => {
  const { attestation, standing } = judged;
  const { id, entry, inclusion, signer, signature, agency, kind, outcome } = attestation;
  const about = nameOf(attestation);
  if (verification.addInclusion("set", inclusion, about) !== "VALID") return null;
  const signed = verification.addSignature("signature", signer, id, signature, about);
  const power = powerOf(powers, entry.number);
  if (power instanceof NotEmpowered) {
    verification.add(power.code, power.params, about);
    return null;
  }
  const empowered = addAuthority(verification, power, about);
  if (standing !== "in_force" || signed === "INVALID") return null;
  const { name, jurisdiction } = power;
  const word = makeWord({ agency, name, jurisdiction, kind, outcome, adverse: isAdverse(kind, outcome) });
  return { word, known: signed !== "ERROR" && empowered !== "ERROR" };
};

/** Check 17, of an attestation that has authority. */
const addAuthority = (verification: Verification, power: Authority, about: string): Status => {
  const { name, jurisdiction, enrolled, authorised, mandated, undecided } = power;
  return undecided === null
    ? verification.add("authority.shown", { name, jurisdiction, enrolled, authorised, mandated }, about)
    : verification.add("authority.only_contract", { name, jurisdiction, ...undecided }, about);
};
