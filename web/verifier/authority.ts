// With what authority? By the council's resolutions shown: evidence-format.md, "Authority of an attestation".
import { Failed, ascending, compareBytes, equal, hex, keccak } from "./bytes.ts";
import { type Entry, Kind, isResolution } from "./entry.ts";
import type { AgencyStatement, Facts } from "./facts.ts";
import { OnlyContract, checkSignature } from "./signed.ts";
import type { Members, Origin } from "./statement.ts";
import { type Params, checkInWords } from "./wording.ts";

/** A resolution of which only the contract could say whether it has its quorum. */
export interface Undecided {
  readonly entry: bigint;
  readonly reason: string;
}

/** What empowered a statement: the agency, and the entries that enrolled it, authorised the key and mandated it. */
export interface Authority {
  readonly name: string;
  readonly jurisdiction: string;
  readonly enrolled: bigint;
  readonly authorised: bigint;
  /** Null for a revocation, which needs no mandate. */
  readonly mandated: bigint | null;
  /** The first resolution before the statement that a wallet contract endorsed. */
  readonly undecided: Undecided | null;
}

/** A statement of an agency lacks authority; code and parameters say why. */
export class NotEmpowered extends Failed {
  override readonly name: string = "NotEmpowered";

  constructor(readonly code: string, readonly params: Params = {}) {
    super(checkInWords(code, params));
  }
}

/**
 * What empowered each statement of an agency about the declaration, or why nothing did, by the number of its entry.
 *
 * One pass over the entries, in their order. Each resolution on the way must have the quorum of its time, whatever it
 * is about: authority descends by all of them from entry 0.
 */
export const authorities = (facts: Facts): ReadonlyMap<bigint, Authority | NotEmpowered> => {
  const found = new Map<bigint, Authority | NotEmpowered>();
  const statements = facts.statements();
  const council = new Council(facts.evidence.origin);
  const register = new Register();
  let lacks: NotEmpowered | null = null;
  for (const entry of facts.entries) {
    if (found.size === statements.size) break;
    const said = statements.get(entry.number);
    if (said !== undefined) {
      found.set(entry.number, lacks ?? register.authority(said, entry.time, council.undecided));
    } else if (isResolution(entry) && lacks === null) {
      lacks = council.check(entry);
      if (lacks === null) register.apply(entry);
    }
  }
  return found;
};

/** The council seated so far, which endorses resolutions. */
class Council {
  undecided: Undecided | null = null;
  private seated: Members | null = null;

  constructor(private readonly origin: Origin) {}

  /** What a resolution lacks; null if it has all. It seats the council that it makes. */
  check(entry: Entry): NotEmpowered | null {
    if (entry.number === 0n) {
      if (!equal(entry.leaf, this.origin.salt)) return new NotEmpowered("authority.other_first_entry");
    } else if (this.seated === null) {
      return new NotEmpowered("authority.no_first_council");
    } else {
      try {
        this.checkQuorum(entry, this.seated);
      } catch (error) {
        if (error instanceof OnlyContract) this.undecided ??= { entry: entry.number, reason: error.message };
        else if (error instanceof Failed)
          return new NotEmpowered("authority.no_quorum", { entry: entry.number, reason: error.message });
        else throw error;
      }
    }
    if (entry.kind === Kind.CouncilChanged) this.seated = entry.said;
    return null;
  }

  /** `Failed` where a quorum is missing for certain, which outweighs `OnlyContract` where a wallet endorsed. */
  private checkQuorum(entry: Entry, council: Members): void {
    const threshold = council.number("threshold");
    const order = entry.signed.map(({ signer }) => keccak(signer));
    if (threshold === 0n || threshold > BigInt(order.length)) throw new Failed("it lacks the council's quorum");
    if (!ascending(order, compareBytes)) throw new Failed("its endorsements do not ascend");
    const members = new Set(council.list("members").map(hex));
    if (entry.statement === null) throw new Failed("it is no resolution");
    const id = this.origin.id(entry.statement, entry.said);
    let undecided: OnlyContract | null = null;
    for (const { signer, signature } of entry.signed) {
      if (!members.has(hex(signer))) throw new Failed(`0x${hex(signer)} endorsed it, who is not in the council`);
      try {
        checkSignature(this.origin, signer, id, signature);
      } catch (error) {
        if (!(error instanceof OnlyContract)) throw error;
        undecided ??= error;
      }
    }
    if (undecided !== null) throw undecided;
  }
}

interface Enrolled {
  readonly name: string;
  readonly jurisdiction: string;
  readonly entry: bigint;
}

/** A period of a mandate: from `from` (inclusive) to `until` (exclusive), in seconds. */
interface Grant {
  readonly entry: bigint;
  readonly from: number;
  readonly until: number;
}

/** Who may speak for which agency about what, after the resolutions so far. */
class Register {
  private readonly enrolled = new Map<string, Enrolled>();
  private readonly suspended = new Set<string>();
  private readonly authorised = new Map<string, bigint>();
  private readonly ended = new Set<string>();
  private readonly grants = new Map<string, Grant[]>();

  apply({ kind, number, time, said }: Entry): void {
    switch (kind) {
      case Kind.AgencyEnrolled:
        this.enrolled.set(said.code("agency"), {
          name: said.text("name"),
          jurisdiction: said.code("jurisdiction"),
          entry: number,
        });
        break;
      case Kind.AgencySuspended:
        this.suspended.add(said.code("agency"));
        break;
      case Kind.AgencyReinstated:
        this.suspended.delete(said.code("agency"));
        break;
      case Kind.AttesterAuthorised:
        this.authorised.set(pair(said.code("agency"), said.hex("attester")), number);
        break;
      case Kind.AttesterRetired:
      case Kind.AttesterCompromised:
        this.ended.add(said.hex("attester"));
        break;
      case Kind.MandateGranted: {
        const mandate = pair(said.code("agency"), said.number("kind"));
        const from = Number(said.number("from")) || time; // 0: from the time of the entry
        const granted = { entry: number, from, until: Number(said.number("until")) };
        const before = this.grants.get(mandate);
        if (before === undefined) this.grants.set(mandate, [granted]);
        else before.push(granted);
        break;
      }
      case Kind.MandateWithdrawn:
        this.grants.delete(pair(said.code("agency"), said.number("kind")));
        break;
    }
  }

  /** What empowers a statement made at `time`, or the first thing that it lacks. */
  authority(said: AgencyStatement, time: number, undecided: Undecided | null): Authority | NotEmpowered {
    const { agency, kind } = said;
    const signer = hex(said.signer);
    const enrolled = this.enrolled.get(agency);
    if (enrolled === undefined) return new NotEmpowered("authority.not_enrolled", { agency });
    const authorised = this.authorised.get(pair(agency, signer));
    if (authorised === undefined) return new NotEmpowered("authority.not_authorised", { agency });
    const mandated = kind === null ? null : this.mandate(agency, kind, time);
    if (mandated === undefined) return new NotEmpowered("authority.no_mandate", { agency, kind });
    if (this.suspended.has(agency)) return new NotEmpowered("authority.suspended", { agency });
    if (this.ended.has(signer)) return new NotEmpowered("authority.attester_ended");
    const { name, jurisdiction, entry } = enrolled;
    return { name, jurisdiction, enrolled: entry, authorised, mandated, undecided };
  }

  /** The entry of the latest grant whose period has `time`. */
  private mandate(agency: string, kind: number, time: number): bigint | undefined {
    const grants = this.grants.get(pair(agency, kind)) ?? [];
    for (let at = grants.length - 1; at >= 0; at--) {
      const grant = grants[at];
      if (grant !== undefined && grant.from <= time && time < grant.until) return grant.entry;
    }
    return undefined;
  }
}

const pair = (agency: string, other: string | number | bigint): string => `${agency} ${other}`;
