// Statements: formats.md section 3. Their EIP-712 ids and their limits.
import { type Bytes, Malformed, equal, hex, join, keccak, latin1, textOf, unhex, utf8, word } from "./bytes.ts";

/** What is signed, by its name: EIP-712's encodeType. */
export const STATEMENTS = {
  Declaration: "Declaration(bytes party,bytes32 digest,uint16 documentType,bytes32 replaces)",
  Withdrawal: "Withdrawal(bytes32 declaration,uint16 reason,bytes32 replacement)",
  Attestation:
    "Attestation(bytes16 agency,uint16 kind,uint16 outcome,bytes32 detail,uint40 validFrom,uint40 validUntil," +
    "bytes32 root,uint64 size,bytes32 salt)",
  Revocation: "Revocation(bytes32 attestation,bytes32 member,uint16 reason)",
  Posting: "Posting(bytes16 agency,bytes32 attestation,bytes32 member,uint32 line,bytes32 from,bytes32 to)",
  CouncilChange: "CouncilChange(bytes[] members,uint16 threshold,uint64 resolution)",
  AgencyEnrolment: "AgencyEnrolment(bytes16 agency,string name,bytes2 jurisdiction,string uri,uint64 resolution)",
  AgencySuspension: "AgencySuspension(bytes16 agency,uint64 resolution)",
  AgencyReinstatement: "AgencyReinstatement(bytes16 agency,uint64 resolution)",
  AttesterAuthorisation: "AttesterAuthorisation(bytes attester,bytes16 agency,uint64 resolution)",
  AttesterRetirement: "AttesterRetirement(bytes attester,uint64 resolution)",
  AttesterCompromise: "AttesterCompromise(bytes attester,uint40 since,uint64 resolution)",
  MandateGrant: "MandateGrant(bytes16 agency,uint16 kind,uint40 from,uint40 until,uint64 resolution)",
  MandateWithdrawal: "MandateWithdrawal(bytes16 agency,uint16 kind,uint64 resolution)",
  SignIn: "SignIn(string site,bytes signer,bytes32 nonce,uint40 time)",
} as const;

export type StatementName = keyof typeof STATEMENTS;

/** uint8 to uint256: a bigint. bytes, bytesN and the UTF-8 of string: bytes. bytes[]: a list of bytes. */
export type Value = bigint | Bytes | readonly Bytes[];

/** `validUntil` and `until` that mean no end. */
export const NO_END = 2n ** 40n - 1n;

type Typed = readonly [type: string, name: string];

const split = (encoded: string): Typed[] =>
  encoded
    .slice(encoded.indexOf("(") + 1, -1)
    .split(",")
    .map((item): Typed => {
      const [type = "", name = ""] = item.split(" ");
      return [type, name];
    });

const MEMBERS: ReadonlyMap<string, readonly Typed[]> = new Map(
  Object.entries(STATEMENTS).map(([name, encoded]) => [name, split(encoded)]),
);

/** Type and name of each member, in order. */
export const membersOf = (statement: StatementName): readonly Typed[] => MEMBERS.get(statement) ?? [];

// -------------------------------------------------------------------------------------------------------------- members

/** Members of a statement or an entry, by name. Asking for one that it does not have, as something it is not, is an error. */
export class Members {
  constructor(private readonly values: ReadonlyMap<string, Value>) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  value(name: string): Value {
    const found = this.values.get(name);
    if (found === undefined) throw new TypeError(`no member ${name}`);
    return found;
  }

  number(name: string): bigint {
    const found = this.value(name);
    if (typeof found !== "bigint") throw new TypeError(`${name} is no number`);
    return found;
  }

  bytes(name: string): Bytes {
    const found = this.value(name);
    if (!(found instanceof Uint8Array)) throw new TypeError(`${name} is not bytes`);
    return found;
  }

  list(name: string): readonly Bytes[] {
    const found = this.value(name);
    if (typeof found === "bigint" || found instanceof Uint8Array) throw new TypeError(`${name} is no list`);
    return found;
  }

  /** Bytes as lower-case hexadecimal digits, without 0x. */
  hex(name: string): string {
    return hex(this.bytes(name));
  }

  /** A code that zero bytes pad: an agency's, or a jurisdiction. */
  code(name: string): string {
    return latin1(this.bytes(name)).replace(/\0+$/, "");
  }

  /** The text of a string. */
  text(name: string): string {
    return textOf(this.bytes(name));
  }
}

/** The members of a statement, given in its order. Malformed if one exceeds its type or its limits. */
export const statement = (name: StatementName, values: readonly Value[]): Members => {
  const members = membersOf(name);
  if (values.length !== members.length) throw new Malformed(`a ${name} has ${members.length} members`);
  const found = new Map<string, Value>();
  members.forEach(([type, member], at) => {
    const value = values[at];
    if (value === undefined || !fits(type, value)) throw new Malformed(`${member} is not of the type ${type}`);
    checkLimits(type, member, value);
    found.set(member, value);
  });
  return new Members(found);
};

const fits = (type: string, value: Value): boolean => {
  if (type.startsWith("uint")) return typeof value === "bigint" && value >= 0n && value >> BigInt(type.slice(4)) === 0n;
  if (type === "bytes[]") return Array.isArray(value) && value.every((item) => item instanceof Uint8Array);
  if (!(value instanceof Uint8Array)) return false;
  return type === "bytes" || type === "string" || value.length === Number(type.slice(5));
};

/** Limits of formats.md section 3 on signers, councils, codes and names. */
const checkLimits = (type: string, name: string, value: Value): void => {
  if (typeof value === "bigint") return;
  if (!(value instanceof Uint8Array)) {
    if (value.length === 0 || value.length > 32 || new Set(value.map(hex)).size !== value.length)
      throw new Malformed("a council has 1 to 32 members, none twice");
    for (const item of value) checkLimits("bytes", name, item);
  } else if (name === "agency" || name === "jurisdiction") {
    const code = name === "agency" ? /^[A-Z0-9-]{1,16}\0*$/ : /^[A-Z]{2}$/;
    if (!code.test(latin1(value))) throw new Malformed(`no ${name} code`);
  } else if (type === "string") {
    if (value.length === 0 || value.length > (name === "name" ? 128 : 256))
      throw new Malformed(`${name} has too many bytes or none`);
    textOf(value);
  } else if (type === "bytes" && (value.length < 20 || value.length > 128)) {
    throw new Malformed(`${name} is no signer: 20 to 128 bytes`);
  }
};

// -------------------------------------------------------------------------------------------------------- origin and id

const DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
const ORIGIN = /^eip155:([1-9][0-9]{0,77}):0x([0-9a-f]{40}):([0-9a-f]{64})$/;
const CREATED = Uint8Array.of(0xd6, 0x94);

const hashOf = (text: string): Bytes => keccak(utf8(text));

/** encodeData of one member. */
const wordOf = (type: string, value: Value): Bytes => {
  if (typeof value === "bigint") return word(value);
  if (!(value instanceof Uint8Array)) return keccak(join(...value.map((item) => keccak(item))));
  return type === "bytes" || type === "string" ? keccak(value) : join(value, new Uint8Array(32 - value.length));
};

/** The name of one history: chain id, contract address, and the hash of entry 0. */
export class Origin {
  private readonly domain: Bytes;
  private readonly p256Verifier: Bytes;
  private readonly passkeyVerifier: Bytes;

  private constructor(readonly text: string, readonly chain: bigint, readonly contract: Bytes, readonly salt: Bytes) {
    const address = join(new Uint8Array(12), contract);
    this.domain = keccak(join(hashOf(DOMAIN), hashOf("TradeLedger"), hashOf("1"), word(chain), address, salt));
    const created = (nonce: number): Bytes => keccak(join(CREATED, contract, Uint8Array.of(nonce))).subarray(12);
    this.p256Verifier = created(1);
    this.passkeyVerifier = created(2);
  }

  static parse(text: unknown): Origin {
    const [whole, chain = "", contract = "", salt = ""] = (typeof text === "string" ? ORIGIN.exec(text) : null) ?? [];
    if (whole === undefined || BigInt(chain) >> 256n !== 0n)
      throw new Malformed('an origin looks like "eip155:31337:0x", 40 lower-case digits, a colon, and 64 more');
    return new Origin(whole, BigInt(chain), unhex(contract), unhex(salt));
  }

  /** The EIP-712 domain separator, which is also the head before entry 0. */
  get separator(): Bytes {
    return this.domain;
  }

  /** The id of a statement: its EIP-712 digest. */
  id(name: StatementName, said: Members): Bytes {
    const words = membersOf(name).map(([type, member]) => wordOf(type, said.value(member)));
    const struct = keccak(join(hashOf(STATEMENTS[name]), ...words));
    return keccak(join(Uint8Array.of(0x19, 0x01), this.domain, struct));
  }

  /** Whether a signer is verifier ‖ x ‖ y with the first verifier that the contract deployed. */
  isP256(signer: Bytes): boolean {
    return signer.length === 84 && equal(signer.subarray(0, 20), this.p256Verifier);
  }

  /** Whether a signer is verifier ‖ x ‖ y with the second verifier that the contract deployed. */
  isPasskey(signer: Bytes): boolean {
    return signer.length === 84 && equal(signer.subarray(0, 20), this.passkeyVerifier);
  }

  /** The signer of a passkey with the public key x ‖ y. */
  passkey(point: Bytes): Bytes {
    return join(this.passkeyVerifier, point);
  }
}
