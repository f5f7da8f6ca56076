// A request to the signing page, read strictly: which statement, of which history, by whom, and where the answer goes.
// docs/portal.md, "The signing page", specifies it; docs/formats.md section 3 specifies the statements.
import { type Bytes, fromBase64Url, hex, leafHash, nodeHash, textOf, unhex, utf8 } from "../verifier/bytes.ts";
import { Origin, STATEMENTS, type Members, type StatementName, type Value, membersOf, statement } from "../verifier/statement.ts";
import { canonical } from "./signing.ts";
import { mark } from "./words.ts";

/** Why a request is refused: a text for `say`, and its parameters. */
export class Refused extends Error {
  constructor(english: string, readonly values: Readonly<Record<string, string | number>> = {}) {
    super(english);
  }
}

/** A statement to be signed. The member that names its signer may be missing still. */
export interface Draft {
  readonly type: StatementName;
  readonly values: ReadonlyMap<string, Value>;
}

export interface Request {
  /** Null: make a passkey. */
  readonly draft: Draft | null;
  readonly origin: Origin;
  readonly back: URL;
  readonly state: string;
  /** Who shall sign; null: whom the reader chooses. */
  readonly signer: Bytes | null;
  /** What the statement's ids stand for. It was checked that it leads to them. */
  readonly about: About;
}

export interface About {
  readonly declarations: readonly Members[];
  readonly attestation: Members | null;
}

const MOST_CHARACTERS = 1 << 20;
const MOST_DECLARATIONS = 1_000;

/** The members that name the signer, of the statements that have one. */
const SIGNER_MEMBERS: Readonly<Partial<Record<StatementName, string>>> = { SignIn: "signer", Declaration: "party" };

/** The request in a fragment (without `#`); `Refused` for anything but a request in its one spelling. */
export function readRequest(fragment: string): Request {
  const said = object(parsed(fragment), ["type", "message", "domain", "back", "state"], ["signer", "about"], "request");
  const origin = readDomain(said["domain"]);
  const signer = said["signer"] === undefined ? null : readSigner(said["signer"], "signer");
  const draft = said["type"] === "Passkey" ? noMembers(said["message"]) : readDraft(said["type"], said["message"], signer);
  return {
    draft,
    origin,
    back: readBack(said["back"]),
    state: matching(said["state"], /^[A-Za-z0-9_-]{0,200}$/, "state"),
    signer: signer ?? (draft === null ? null : signerOf(draft)),
    about: readAbout(said["about"], draft, origin),
  };
}

/** A statement of this type from its JSON. `signer` is filled in where the statement names its signer and does not say. */
export function readDraft(type: unknown, message: unknown, signer: Bytes | null): Draft {
  if (!isType(type)) throw new Refused(mark("There is no statement of the type “%(type)s”."), { type: String(type).slice(0, 40) });
  const own = SIGNER_MEMBERS[type];
  const names = membersOf(type).map(([, name]) => jsonName(name));
  const said = object(message, names.filter((name) => name !== own), own === undefined ? [] : [own], "message");
  const values = new Map<string, Value>();
  for (const [kind, name] of membersOf(type)) {
    const given = said[jsonName(name)];
    if (given !== undefined) values.set(name, readValue(kind, name, given));
    else if (signer !== null) values.set(name, signer);
  }
  const draft = { type, values };
  const named = signerOf(draft);
  if (signer !== null && named !== null && hex(named) !== hex(signer)) throw wrong("signer");
  finished(draft, named ?? new Uint8Array(20)); // checks its limits
  return draft;
}

/** The whole statement, by this signer. */
export function finished(draft: Draft, signer: Bytes): Members {
  const values = membersOf(draft.type).map(([, name]) => draft.values.get(name) ?? signer);
  try {
    return statement(draft.type, values);
  } catch (error) {
    throw new Refused(mark("The statement breaks a limit: %(why)s."), { why: error instanceof Error ? error.message : "" });
  }
}

/** Who signs, as far as the statement itself says so. */
export function signerOf(draft: Draft): Bytes | null {
  const named = draft.values.get(SIGNER_MEMBERS[draft.type] ?? "");
  return named instanceof Uint8Array ? named : null;
}

/** The name of a member in JSON. The running number of a resolution is called `number` there. */
export function jsonName(name: string): string {
  return name === "resolution" ? "number" : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function readValue(kind: string, name: string, given: unknown): Value {
  const where = `message.${jsonName(name)}`;
  if (kind.startsWith("uint")) return count(given, where);
  if (kind === "bytes[]") {
    if (!Array.isArray(given) || given.length > 32) throw wrong(where);
    return given.map((one) => readSigner(one, where));
  }
  if (kind === "bytes") return readSigner(given, where);
  if (kind === "bytes32") return readHash(given, where);
  if (kind === "string") return utf8(text(given, where));
  const padded = new Uint8Array(Number(kind.slice("bytes".length))); // a code, which zero bytes pad
  padded.set(utf8(matching(given, name === "agency" ? /^[A-Z0-9-]{1,16}$/ : /^[A-Z]{2}$/, where)));
  return padded;
}

function readDomain(value: unknown): Origin {
  const said = object(value, ["name", "version", "chainId", "verifyingContract", "salt"], [], "domain");
  if (said["name"] !== "TradeLedger" || said["version"] !== "1") throw wrong("domain");
  const chain = typeof said["chainId"] === "number" ? String(count(said["chainId"], "domain.chainId")) : said["chainId"];
  const salt = matching(said["salt"], /^0x[0-9a-f]{64}$/, "domain.salt").slice(2);
  try {
    return Origin.parse(`eip155:${String(chain)}:${String(said["verifyingContract"])}:${salt}`);
  } catch {
    throw wrong("domain");
  }
}

function readBack(value: unknown): URL {
  const written = matching(value, /^https?:\/\/[^\s#]{1,2000}$/, "back");
  if (!URL.canParse(written)) throw wrong("back");
  const address = new URL(written);
  if (address.username !== "" || address.password !== "") throw wrong("back");
  return address;
}

/** What the statement is about; refused unless its ids are the ones in the statement. */
function readAbout(value: unknown, draft: Draft | null, origin: Origin): About {
  if (value === undefined) return { declarations: [], attestation: null };
  const said = object(value, [], ["declarations", "attestation"], "about");
  const given = said["declarations"] ?? [];
  if (!Array.isArray(given) || given.length > MOST_DECLARATIONS) throw wrong("about.declarations");
  const declarations = given.map((one) => whole("Declaration", one));
  const attestation = said["attestation"] === undefined ? null : whole("Attestation", said["attestation"]);
  const ids = declarations.map((one) => origin.id("Declaration", one));
  const name = (member: string): string => hexOf(draft?.values.get(member));
  if (attestation !== null && (draft?.type !== "Revocation" || name("attestation") !== hex(origin.id("Attestation", attestation)))) {
    throw new Refused(mark("The request describes another attestation than the one that is signed about."));
  }
  if (ids.length > 0 && !isAboutThem(draft, ids, attestation, name)) {
    throw new Refused(mark("The request describes other documents than those that are signed about."));
  }
  return { declarations, attestation };
}

function isAboutThem(draft: Draft | null, ids: readonly Bytes[], attestation: Members | null, name: (member: string) => string): boolean {
  const [only] = ids;
  const one = ids.length === 1 && only !== undefined ? hex(only) : "";
  const root = hex(rootOf(ids));
  if (draft?.type === "Attestation") return draft.values.get("size") === BigInt(ids.length) && name("root") === root;
  if (draft?.type === "Withdrawal") return name("declaration") === one;
  if (draft?.type !== "Revocation") return false;
  if (/[1-9a-f]/.test(name("member"))) return name("member") === one;
  return attestation !== null && attestation.number("size") === BigInt(ids.length) && attestation.hex("root") === root;
}

/** RFC 9162 section 2.1.1 over one id or more. */
function rootOf(ids: readonly Bytes[]): Bytes {
  let level = ids.map(leafHash);
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2);
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] ?? new Uint8Array(32);
}

function whole(type: StatementName, value: unknown): Members {
  const draft = readDraft(type, value, null);
  if (draft.values.size !== membersOf(type).length) throw wrong("about");
  return finished(draft, new Uint8Array(20));
}

function parsed(fragment: string): unknown {
  try {
    if (fragment.length > MOST_CHARACTERS) throw new RangeError();
    const written = textOf(fromBase64Url(fragment));
    const value: unknown = JSON.parse(written);
    if (canonical(value) === written) return value; // so that no name stands twice
  } catch {
    // It is refused below, like another spelling.
  }
  throw new Refused(mark("The request is not spelled as it must be."));
}

function noMembers(value: unknown): null {
  object(value, [], [], "message");
  return null;
}

const isType = (type: unknown): type is StatementName => typeof type === "string" && Object.hasOwn(STATEMENTS, type);
const hexOf = (value: Value | undefined): string => (value instanceof Uint8Array ? hex(value) : "");
const wrong = (where: string): Refused => new Refused(mark("“%(where)s” in the request is not what it must be."), { where });
const readSigner = (value: unknown, where: string): Bytes => unhex(matching(value, /^0x(?:[0-9a-f]{2}){20,128}$/, where).slice(2));
const readHash = (value: unknown, where: string): Bytes => unhex(matching(value, /^0x[0-9a-f]{64}$/, where).slice(2));

function matching(value: unknown, pattern: RegExp, where: string): string {
  if (typeof value !== "string" || !pattern.test(value)) throw wrong(where);
  return value;
}

/** A whole number that JSON keeps exactly; its own type's limit is checked with the statement. */
function count(value: unknown, where: string): bigint {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw wrong(where);
  return BigInt(value);
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string" || textOf(utf8(value)) !== value) throw wrong(where); // half a surrogate pair is no text
  return value;
}

function object(value: unknown, needed: readonly string[], optional: readonly string[], where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(where);
  const found: ReadonlyMap<string, unknown> = new Map(Object.entries(value));
  for (const name of needed) {
    if (!found.has(name)) throw new Refused(mark("“%(where)s” is missing in the request."), { where: name });
  }
  for (const name of found.keys()) {
    if (needed.includes(name) || optional.includes(name)) continue;
    throw new Refused(mark("The request says “%(where)s”, which is not known here."), { where: name.slice(0, 40) });
  }
  return Object.fromEntries(found);
}
