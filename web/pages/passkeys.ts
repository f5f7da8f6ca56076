// Passkeys of this site (W3C Web Authentication level 2): make one, find one, and sign a statement's id with one.
//
// The browser keeps which passkeys were made or used here: credential and public key, nothing secret. A passkey that was
// made on another device is found by the person's own choice, and its public key by two signatures of it.
import { type Bytes, fromBase64Url, hex, join, sha256, toBase64Url, unhex } from "../verifier/bytes.ts";
import { readAssertion } from "../verifier/signature.ts";
import { fits, fromDer, keysOf } from "./p256.ts";

export interface Passkey {
  /** Credential id, base64url. */
  readonly credential: string;
  /** Public key x ‖ y, 64 bytes, in hex without 0x. */
  readonly point: string;
  /** What its owner calls it; may be empty. */
  readonly name: string;
}

/** The passkey that was used is not the one that was to sign. */
export class AnotherPasskey extends Error {}
/** The authenticator made something that the ledger does not take; the message says why, in English. */
export class NotTaken extends Error {}

const KEPT = "passkeys";
const ES256 = -7;
const SPKI_HEAD = unhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"); // of an uncompressed P-256 key
const PATIENCE = 10 * 60_000;

/** The passkeys that were made or used on this site in this browser, the latest first. */
export function knownPasskeys(): Passkey[] {
  let found: unknown;
  try {
    found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return []; // a browser that keeps nothing, or what no page of ours wrote
  }
  return Array.isArray(found) ? found.filter(isPasskey) : [];
}

function isPasskey(value: unknown): value is Passkey {
  if (typeof value !== "object" || value === null) return false;
  const said = new Map<string, unknown>(Object.entries(value));
  const [credential, point, name] = [said.get("credential"), said.get("point"), said.get("name")];
  return typeof credential === "string" && /^[A-Za-z0-9_-]+$/.test(credential) && typeof name === "string" &&
    typeof point === "string" && /^[0-9a-f]{128}$/.test(point);
}

/** Keep a passkey in this browser's list, in front. */
export function remember(passkey: Passkey): void {
  const others = knownPasskeys().filter((one) => one.point !== passkey.point);
  const before = knownPasskeys().find((one) => one.point === passkey.point);
  const kept = passkey.name === "" && before !== undefined ? { ...passkey, name: before.name } : passkey;
  try {
    localStorage.setItem(KEPT, JSON.stringify([kept, ...others].slice(0, 50)));
  } catch {
    // It is found again by two signatures.
  }
}

/** Make a passkey on this device, a phone or a security key. The person is asked by the browser, and may decline. */
export async function makePasskey(name: string): Promise<Passkey> {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { name: "Trade document ledger", id: location.hostname },
      user: { id: random(16), name, displayName: name },
      challenge: random(32), // nobody checks it: the key counts only once a council or a sign-in takes it
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      attestation: "none",
      timeout: PATIENCE,
    },
  });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) throw new NotTaken("no key was made");
  const key = new Uint8Array(made.response.getPublicKey() ?? new ArrayBuffer(0));
  const isP256 = made.response.getPublicKeyAlgorithm() === ES256 && key.length === SPKI_HEAD.length + 64 &&
    hex(key.subarray(0, SPKI_HEAD.length)) === hex(SPKI_HEAD);
  if (!isP256) throw new NotTaken("the key is not of the kind P-256");
  const passkey = { credential: toBase64Url(new Uint8Array(made.rawId)), point: hex(key.subarray(SPKI_HEAD.length)), name };
  remember(passkey);
  return passkey;
}

/** Sign a statement's id with the passkey of this public key; its signature in the form of docs/formats.md section 3. */
export async function signWith(point: string, id: Bytes): Promise<Bytes> {
  const known = knownPasskeys().find((one) => one.point === point);
  const made = await assertion(id, known?.credential ?? null);
  if (!(await fits(unhex(point), made.message, made.signature.subarray(0, 64)))) throw new AnotherPasskey();
  try {
    readAssertion(id, made.signature); // so that the ledger takes it
  } catch (error) {
    throw new NotTaken(error instanceof Error ? error.message : "");
  }
  remember({ credential: made.credential, point, name: "" });
  return made.signature;
}

/** Find the public key of a passkey that this browser does not know: the person uses it twice. */
export async function findPasskey(): Promise<Passkey> {
  const first = await assertion(random(32), null);
  const second = await assertion(random(32), first.credential);
  const [keys, again] = [first, second].map((made) => keysOf(sha256(made.message), made.signature));
  const [point, ...more] = (keys ?? []).filter((one) => again?.includes(one));
  if (point === undefined || more.length > 0) throw new NotTaken("the key is not of the kind P-256");
  const passkey = { credential: first.credential, point, name: "" };
  remember(passkey);
  return passkey;
}

interface Made {
  readonly credential: string;
  readonly signature: Bytes;
  /** What the P-256 signature is of: authenticator data ‖ SHA-256(client data). */
  readonly message: Bytes;
}

async function assertion(challenge: Bytes, credential: string | null): Promise<Made> {
  const allowed = credential === null ? [] : [{ type: "public-key" as const, id: owned(fromBase64Url(credential)) }];
  const got = await navigator.credentials.get({
    publicKey: {
      challenge: owned(challenge), rpId: location.hostname, allowCredentials: allowed, userVerification: "required", timeout: PATIENCE,
    },
  });
  if (!(got instanceof PublicKeyCredential) || !(got.response instanceof AuthenticatorAssertionResponse)) throw new NotTaken("nothing was signed");
  const authenticator = new Uint8Array(got.response.authenticatorData);
  const client = new Uint8Array(got.response.clientDataJSON);
  if (authenticator.length > 255) throw new NotTaken("the authenticator's data have more than 255 bytes");
  const plain = fromDer(new Uint8Array(got.response.signature));
  if (plain === null) throw new NotTaken("the signature is not of the kind P-256");
  return {
    credential: toBase64Url(new Uint8Array(got.rawId)),
    signature: join(plain, Uint8Array.of(authenticator.length), authenticator, client),
    message: join(authenticator, sha256(client)),
  };
}

const random = (size: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(size));
/** The same bytes in a buffer of their own, as the browser's interfaces want them. */
const owned = (data: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(data);
