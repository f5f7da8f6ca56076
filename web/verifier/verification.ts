// One verification under way: what is held, what was asked, and the checks so far. Each step adds its own.
import { type Bytes, Failed, hex, leafHash } from "./bytes.ts";
import { type Evidence, type Inclusion, setName } from "./evidence.ts";
import { Facts } from "./facts.ts";
import type { Policy } from "./policy.ts";
import { readAssertion } from "./signature.ts";
import { OnlyContract, checkParty, checkSignature } from "./signed.ts";
import { checkInclusion } from "./tree.ts";
import type { ChosenTrust, TrustRoot } from "./trust.ts";
import { type Check, type Status, makeCheck } from "./verdict.ts";
import type { Params } from "./wording.ts";

/** Times in seconds since 1970. `at`: the time that is judged; null for that of the verifier's clock. */
export interface Times {
  readonly at: number | null;
  readonly clock: number;
}

/** How many changed fields, wrong entries or missing patterns a check names. */
const NAMED = 3;

interface First<Item> {
  readonly named: readonly Item[];
  readonly more: number | null;
}

/** The first few items, and how many are not named; null if all are. */
export const first = <Item>(items: readonly Item[]): First<Item> => ({
  named: items.slice(0, NAMED),
  more: items.length > NAMED ? items.length - NAMED : null,
});

export class Verification {
  readonly checks: Check[] = [];
  readonly facts: Facts;
  readonly trust: TrustRoot | null;
  /** The histories of which trust roots are held, if none is of this one. */
  readonly elsewhere: readonly string[];
  /** The time that is judged. */
  readonly at: number;
  readonly clock: number;
  /** Whether no time was asked for, so that it is that of the clock. */
  readonly atTheClock: boolean;
  /** Whether the evidence is shown to leave nothing out. */
  complete = false;
  /** Whether the evidence is as recent as the policy demands. */
  recent = false;
  /** The latest times of as many cosignatures as are demanded, newest first. */
  cosigned: readonly number[] = [];
  private readonly failures = new Map<string, string | null>();

  constructor(readonly evidence: Evidence, times: Times, chosen: ChosenTrust, readonly policy: Policy) {
    this.facts = new Facts(evidence);
    this.trust = chosen.trust;
    this.elsewhere = chosen.elsewhere;
    this.at = times.at ?? times.clock;
    this.clock = times.clock;
    this.atTheClock = times.at === null;
  }

  /** Adds what a step found; returns its status. `about`: agency and kind, where it is about an attestation. */
  add(code: string, params: Params = {}, about = "", decisive = true): Status {
    const check = makeCheck(code, params, about, decisive);
    this.checks.push(check);
    return check.status;
  }

  /** The *as of* parameters: the last entry of the checkpoint, and which cosignatures vouch for it. */
  asOf(): Params {
    const { size } = this.evidence.checkpoint;
    const last = this.facts.entries.at(-1);
    return {
      last_entry: size - 1n,
      last_time: last !== undefined && last.number === size - 1n ? last.time : null,
      witnesses: this.cosigned.length || null,
      witnessed_until: this.cosigned.at(-1) ?? null,
    };
  }

  /** Adds whether the declaration stands in a batch or set: checks 3 and 15. */
  addInclusion(step: "batch" | "set", inclusion: Inclusion, about = ""): Status {
    const reason = this.failureOf(inclusion);
    const named = inclusionParams(inclusion);
    return reason === null
      ? this.add(`${step}.included`, named, about)
      : this.add(`${step}.not_included`, { ...named, reason }, about);
  }

  /** Why the proof of an inclusion does not hold; null where it does. The proof of a set is followed once. */
  failureOf({ index, proof, root, size }: Inclusion): string | null {
    const name = setName(root, size);
    const known = this.failures.get(name);
    if (known !== undefined) return known;
    const failure = failureIn(() => checkInclusion(this.leaf, index, size, proof, root));
    this.failures.set(name, failure);
    return failure;
  }

  private get leaf(): Bytes {
    return leafHash(this.evidence.id);
  }

  /** Adds whether a key signed a digest: checks 10 and 16. A party is a key; an attester may be a contract. */
  addSignature(step: "declaration" | "signature", signer: Bytes, digest: Bytes, signature: Bytes, about = ""): Status {
    const { origin } = this.evidence;
    const named = { signer: `0x${hex(signer)}` };
    try {
      if (step === "declaration") checkParty(origin, signer, digest, signature);
      else checkSignature(origin, signer, digest, signature);
    } catch (error) {
      if (!(error instanceof OnlyContract || error instanceof Failed)) throw error;
      const code = error instanceof OnlyContract ? "only_contract" : "not_signed";
      return this.add(`${step}.${code}`, { ...named, reason: error.message }, about);
    }
    if (!origin.isPasskey(signer)) return this.add(`${step}.signed`, named, about);
    const { inCloud, site } = readAssertion(digest, signature);
    const code = inCloud ? "signed_by_cloud_passkey" : "signed_by_passkey";
    return this.add(`${step}.${code}`, { ...named, site: site || null }, about);
  }
}

/** The parameters that name an inclusion. */
export const inclusionParams = ({ index, size, root }: Inclusion): Params => ({ index, size, root: `0x${hex(root)}` });

/** Why a check says no, in words; null where it does not. */
export const failureIn = (check: () => void): string | null => {
  try {
    check();
  } catch (error) {
    if (error instanceof Failed) return error.message;
    throw error;
  }
  return null;
};
