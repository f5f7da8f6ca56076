// Entries of the history: formats.md section 5.
import { type AbiValue, abiRead } from "./abi.ts";
import { type Bytes, Malformed, leafHash, numberOf } from "./bytes.ts";
import { Members, type StatementName, type Value, membersOf, statement } from "./statement.ts";

/** The kinds of entries, by their numbers. */
export const Kind = {
  CouncilChanged: 0,
  AgencyEnrolled: 1,
  AgencySuspended: 2,
  AgencyReinstated: 3,
  AttesterAuthorised: 4,
  AttesterRetired: 5,
  AttesterCompromised: 6,
  MandateGranted: 7,
  MandateWithdrawn: 8,
  Anchored: 9,
  Attested: 10,
  Revoked: 11,
  Withdrawn: 12,
  Posted: 13,
} as const;

/** The council's resolutions, by the kind of entry that each makes. */
const RESOLUTIONS: readonly StatementName[] = [
  "CouncilChange", "AgencyEnrolment", "AgencySuspension", "AgencyReinstatement", "AttesterAuthorisation",
  "AttesterRetirement", "AttesterCompromise", "MandateGrant", "MandateWithdrawal",
];

/** What agencies and parties say, by the kind of entry. */
const SIGNED: ReadonlyMap<number, StatementName> = new Map<number, StatementName>([
  [Kind.Attested, "Attestation"], [Kind.Revoked, "Revocation"], [Kind.Withdrawn, "Withdrawal"], [Kind.Posted, "Posting"],
]);

export interface Signed {
  readonly signer: Bytes;
  readonly signature: Bytes;
}

/** One numbered fact. */
export interface Entry {
  readonly number: bigint;
  readonly kind: number;
  /** Seconds since 1970, below 2^40. */
  readonly time: number;
  /** The entry hash. */
  readonly leaf: Bytes;
  /** Which statement it records; null for an anchor, which nobody signs. */
  readonly statement: StatementName | null;
  /** The members of that statement; of an anchor `root` and `size`. */
  readonly said: Members;
  /** Only of a withdrawal: the declaration that it ends. */
  readonly declaration: Members | null;
  /** Of a resolution its endorsements, of an anchor nobody, else the one who signed. */
  readonly signed: readonly Signed[];
}

/** Whether an entry records a resolution of the council. */
export const isResolution = (entry: Entry): boolean => entry.kind < RESOLUTIONS.length;

/** Malformed if the bytes are no standard encoding of their kind to the last byte, or a member exceeds its limits. */
export const readEntry = (data: Bytes): Entry => {
  const kind = data[8] ?? 0;
  if (data.length < 17 || kind > Kind.Posted || data[9] !== 0 || data[10] !== 0 || data[11] !== 0)
    throw new Malformed("entry bytes are number (8), kind (1, known), time (8, below 2^40) and payload");
  const number = numberOf(data.subarray(0, 8));
  const payload = data.subarray(17);
  const [values, end] = abiRead(typesOf(kind), payload);
  if (end !== payload.length) throw new Malformed(`entry ${number}: bytes after the payload`);
  return { number, kind, time: Number(numberOf(data.subarray(9, 17))), leaf: leafHash(data), ...factOf(kind, values) };
};

const typesIn = (name: StatementName): string[] => membersOf(name).map(([type]) => type);
const tuple = (name: StatementName): string => `(${typesIn(name).join(",")})`;

/** The ABI types of a payload. */
const typesOf = (kind: number): string[] => {
  const resolution = RESOLUTIONS[kind];
  if (resolution !== undefined) return [...typesIn(resolution), "(bytes,bytes)[]"];
  const signed = SIGNED.get(kind);
  if (signed === undefined) return ["bytes32", "uint64"];
  return kind === Kind.Withdrawn ? [tuple("Declaration"), tuple(signed), "bytes"] : [tuple(signed), "bytes", "bytes"];
};

type Fact = Pick<Entry, "statement" | "said" | "declaration" | "signed">;

const factOf = (kind: number, values: readonly AbiValue[]): Fact => {
  const [first, second, third] = values;
  const resolution = RESOLUTIONS[kind];
  if (resolution !== undefined) {
    const signed = listOf(values.at(-1)).map((pair) => {
      const [signer, signature] = listOf(pair);
      return signedBy(signer, signature);
    });
    return { statement: resolution, said: statement(resolution, values.slice(0, -1).map(valueOf)), declaration: null, signed };
  }
  const name = SIGNED.get(kind);
  if (name === undefined) {
    const said = new Members(new Map([["root", valueOf(first)], ["size", valueOf(second)]]));
    return { statement: null, said, declaration: null, signed: [] };
  }
  if (kind !== Kind.Withdrawn)
    return { statement: name, said: statement(name, listOf(first).map(valueOf)), declaration: null, signed: [signedBy(second, third)] };
  const declaration = statement("Declaration", listOf(first).map(valueOf));
  const said = statement(name, listOf(second).map(valueOf));
  return { statement: name, said, declaration, signed: [{ signer: declaration.bytes("party"), signature: bytesOf(third) }] };
};

// The types of typesOf say what each value is; these say so to the compiler.

const bytesOf = (value: AbiValue | undefined): Bytes => {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes were read as something else");
  return value;
};

const listOf = (value: AbiValue | undefined): AbiValue[] => {
  if (!Array.isArray(value)) throw new TypeError("a list was read as something else");
  return value;
};

const valueOf = (value: AbiValue | undefined): Value =>
  typeof value === "bigint" ? value : Array.isArray(value) ? value.map(bytesOf) : bytesOf(value);

const signedBy = (signer: AbiValue | undefined, signature: AbiValue | undefined): Signed => ({
  signer: bytesOf(signer),
  signature: bytesOf(signature),
});
