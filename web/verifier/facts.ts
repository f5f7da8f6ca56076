// Who said what about one declaration, by the entries of its evidence: evidence-format.md.
import { type Bytes, hex, word } from "./bytes.ts";
import { type Entry, Kind, isResolution } from "./entry.ts";
import { type Evidence, type Inclusion, setName, setOfOne } from "./evidence.ts";
import { isAdverse } from "./lists.ts";
import type { Members } from "./statement.ts";
import * as subjects from "./subjects.ts";

/** An attestation about the declaration, with the entry that records it. Times are seconds since 1970. */
export interface Attestation {
  readonly id: Bytes;
  readonly entry: Entry;
  readonly signer: Bytes;
  readonly signature: Bytes;
  readonly agency: string;
  readonly kind: number;
  readonly outcome: number;
  readonly validFrom: number;
  readonly validUntil: number;
  /** Where the declaration stands in the attested set. */
  readonly inclusion: Inclusion;
}

/** A revocation that ends an attestation for the declaration: of the whole set, or of this member. */
export interface Revocation {
  readonly entry: Entry;
  readonly signer: Bytes;
  readonly signature: Bytes;
}

/** What a key said for an agency. `kind`: of an attestation; null for a revocation, which needs no mandate. */
export interface AgencyStatement {
  readonly agency: string;
  readonly kind: number | null;
  readonly signer: Bytes;
}

export type Standing = "not_yet_attested" | "revoked" | "compromised" | "before_validity" | "expired" | "in_force";

/** What is told of an attestation at some time, and whether it counts. */
export interface Judged {
  readonly attestation: Attestation;
  readonly standing: Standing;
  /** The entry that decides its standing: its own, or that of the first revocation. */
  readonly decidedBy: Entry;
  /** Those that end it by then. Empty where another attestation stands in for it. */
  readonly revocations: readonly Revocation[];
  /** Whether it is revoked, and each revocation may be a thief's. */
  readonly inDoubt: boolean;
  readonly decisive: boolean;
}

const NO_MEMBER = "00".repeat(32);

/** The entries of evidence, and what is looked up in them often. */
export class Facts {
  readonly entries: readonly Entry[];
  /** In the order of entries. A lawless log may repeat an id: the place is that of the first, all else of the last. */
  readonly attestations: readonly Attestation[];
  private readonly recorded: readonly Attestation[];
  private readonly sets = new Map<string, Inclusion>();
  private readonly revocations = new Map<string, Revocation[]>();
  private readonly compromised = new Map<string, number>();

  constructor(readonly evidence: Evidence) {
    this.entries = evidence.entries.map((item) => item.entry);
    for (const inclusion of [setOfOne(evidence.id), ...evidence.inclusions])
      this.sets.set(setName(inclusion.root, inclusion.size), inclusion);
    for (const entry of this.entries) {
      if (entry.kind === Kind.Revoked) this.addRevocation(entry);
      if (entry.kind === Kind.AttesterCompromised) this.addCompromise(entry.said);
    }
    this.recorded = this.entries.flatMap((entry) => this.attestationIn(entry) ?? []);
    this.attestations = [...new Map(this.recorded.map((item) => [hex(item.id), item])).values()];
  }

  private addRevocation(entry: Entry): void {
    const [by] = entry.signed;
    const member = entry.said.hex("member");
    if (by === undefined || (member !== NO_MEMBER && member !== hex(this.evidence.id))) return;
    const attestation = entry.said.hex("attestation");
    const known = this.revocations.get(attestation) ?? [];
    known.push({ entry, ...by });
    this.revocations.set(attestation, known);
  }

  private addCompromise(said: Members): void {
    const attester = said.hex("attester");
    const since = Number(said.number("since"));
    this.compromised.set(attester, Math.min(since, this.compromised.get(attester) ?? since));
  }

  /** What an entry attests about the declaration; null if it attests nothing, or about another set. */
  private attestationIn(entry: Entry): Attestation | null {
    const [by] = entry.signed;
    if (entry.kind !== Kind.Attested || by === undefined) return null;
    const inclusion = this.sets.get(setName(entry.said.bytes("root"), entry.said.number("size")));
    if (inclusion === undefined) return null;
    return {
      ...by,
      id: this.evidence.origin.id("Attestation", entry.said),
      entry,
      agency: entry.said.code("agency"),
      kind: Number(entry.said.number("kind")),
      outcome: Number(entry.said.number("outcome")),
      validFrom: Number(entry.said.number("validFrom")),
      validUntil: Number(entry.said.number("validUntil")),
      inclusion,
    };
  }

  /** From when a key is declared compromised, by the earliest date; null if it is not. */
  compromisedFrom(signer: Bytes): number | null {
    return this.compromised.get(hex(signer)) ?? null;
  }

  /** The revocations of an attestation for the declaration, at whatever time. */
  revocationsOf(attestation: Attestation): readonly Revocation[] {
    return this.revocations.get(hex(attestation.id)) ?? [];
  }

  /** The statements of agencies about the declaration, by the numbers of their entries. */
  statements(): ReadonlyMap<bigint, AgencyStatement> {
    const found = new Map<bigint, AgencyStatement>();
    for (const { entry, agency, kind, signer } of this.recorded) found.set(entry.number, { agency, kind, signer });
    for (const item of this.attestations)
      for (const { entry, signer } of this.revocationsOf(item))
        found.set(entry.number, { agency: item.agency, kind: null, signer });
    return found;
  }

  /** Each attestation with its standing at `at`. `tolerance`: seconds by which the time of an entry may be off. */
  judged(at: number, tolerance: number): readonly Judged[] {
    const standings = this.attestations.map((item) => ({ item, standing: this.standing(item, at) }));
    const alive = new Set(standings.filter(({ standing }) => standing === "in_force").map(({ item }) => groupOf(item)));
    return standings.map(({ item, standing }): Judged => {
      const ended = standing === "revoked" ? this.revocationsUntil(item, at) : [];
      const inDoubt = standing === "revoked" && ended.every((revocation) => this.mayBeAThiefs(revocation, tolerance));
      const stoodIn = standing !== "in_force" && alive.has(groupOf(item));
      const lifted = standing === "revoked" && !inDoubt && isAdverse(item.kind, item.outcome);
      const decisive = standing !== "not_yet_attested" && !stoodIn && !lifted;
      const decidedBy = ended[0]?.entry ?? item.entry;
      return { attestation: item, standing, decidedBy, revocations: stoodIn ? [] : ended, inDoubt, decisive };
    });
  }

  private standing(item: Attestation, at: number): Standing {
    const since = this.compromisedFrom(item.signer);
    if (item.entry.time > at) return "not_yet_attested";
    if (this.revocationsUntil(item, at).length > 0) return "revoked";
    if (since !== null && item.entry.time >= since) return "compromised";
    if (at < item.validFrom) return "before_validity";
    return at >= item.validUntil ? "expired" : "in_force";
  }

  private revocationsUntil(item: Attestation, at: number): readonly Revocation[] {
    return this.revocationsOf(item).filter(({ entry }) => entry.time <= at);
  }

  private mayBeAThiefs(revocation: Revocation, tolerance: number): boolean {
    const since = this.compromisedFrom(revocation.signer);
    return since !== null && revocation.entry.time + tolerance >= since;
  }

  /** The keys of the subjects of which all entries must be shown, distinct, as hex. */
  keysInQuestion(): ReadonlySet<string> {
    const { id } = this.evidence;
    const found = new Set<string>();
    const ask = (type: number, ...parts: readonly Bytes[]): void => {
      found.add(hex(subjects.subjectKey(type, ...parts)));
    };
    ask(subjects.COUNCIL);
    ask(subjects.DECLARATION, id);
    for (const { root, size } of this.sets.values()) ask(subjects.SET, root, word(size, 8));
    for (const item of this.recorded) {
      const agency = item.entry.said.bytes("agency");
      ask(subjects.ATTESTATION, item.id);
      ask(subjects.MEMBER, item.id, id);
      ask(subjects.KEY, item.signer);
      ask(subjects.AGENCY, agency);
      ask(subjects.MANDATE, agency, word(item.kind, 2));
    }
    const asked = new Set(found);
    for (const entry of this.entries)
      if (entry.kind === Kind.Revoked && asked.has(hex(revokedKey(entry.said))))
        for (const { signer } of entry.signed) ask(subjects.KEY, signer);
    return found;
  }

  /** Whose entries go back in time or in the numbers of resolutions, and what says so; null where all are in order. */
  disorder(): { readonly code: string; readonly entry: bigint } | null {
    let before: Entry | undefined;
    for (const entry of this.entries) {
      if (before !== undefined && entry.time < before.time)
        return { code: "entries.times_go_back", entry: entry.number };
      before = entry;
    }
    let last: bigint | undefined;
    for (const entry of this.entries.filter(isResolution)) {
      const number = entry.said.number("resolution");
      if (last !== undefined && number <= last) return { code: "entries.resolutions_go_back", entry: entry.number };
      last = number;
    }
    return null;
  }
}

/** Agency, kind and outcome: attestations of one group stand in for each other. */
const groupOf = (item: Attestation): string => `${item.agency} ${item.kind} ${item.outcome}`;

/** The key of what a revocation is about: the attestation for one member, or whole. */
const revokedKey = (said: Members): Bytes => {
  const attestation = said.bytes("attestation");
  return said.hex("member") === NO_MEMBER
    ? subjects.subjectKey(subjects.ATTESTATION, attestation)
    : subjects.subjectKey(subjects.MEMBER, attestation, said.bytes("member"));
};
