// Signatures: formats.md sections 3 and 6. secp256k1 and P-256 by SEC 1 and FIPS 186-5, Ed25519 by RFC 8032.
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, Failed, equal, hex, join, keccak, latin1, numberOf, sha256, startsWith, toBase64Url, utf8 } from "./bytes.ts";

// --------------------------------------------------------------------------------------------------------- account keys

/** The address whose key signed, in hex; null if the signature is not r ‖ s ‖ v of 65 bytes, low s, v 27 or 28. */
export const recoverAddress = (digest: Bytes, signature: Bytes): string | null => {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return null;
  if (!isLow(signature.subarray(32, 64), secp256k1.Point.Fn.ORDER)) return null;
  try {
    const made = secp256k1.Signature.fromBytes(signature.slice(0, 64)).addRecoveryBit(v - 27);
    const point = made.recoverPublicKey(digest).toBytes(false).subarray(1);
    return hex(keccak(point).subarray(12));
  } catch {
    return null; // r or s out of range, or no point has this r
  }
};

const isLow = (s: Bytes, order: bigint): boolean => {
  const value = numberOf(s);
  return value > 0n && value <= order / 2n;
};

// ---------------------------------------------------------------------------------------------------------------- P-256

const UNCOMPRESSED = Uint8Array.of(0x04);

/** ECDSA over a digest by the key x ‖ y; the signature is r ‖ s of exactly 64 bytes, low s. */
export const checkP256 = (point: Bytes, digest: Bytes, signature: Bytes): void => {
  if (signature.length !== 64 || !isLow(signature.subarray(32), p256.Point.Fn.ORDER))
    throw new Failed("not signed by this P-256 key in the permitted form");
  let fits: boolean;
  try {
    fits = p256.verify(signature, digest, join(UNCOMPRESSED, point), { prehash: false, lowS: true });
  } catch {
    fits = false; // x and y are no point of the curve, or r is out of range
  }
  if (!fits) throw new Failed("not signed by this P-256 key");
};

// ------------------------------------------------------------------------------------------------------------- passkeys

/** A passkey's signature, about one digest and by a verified person. */
export interface Assertion {
  /** r ‖ s. */
  readonly signature: Bytes;
  readonly authenticator: Bytes;
  readonly client: Bytes;
  /** Where the browser says that it was made, for reading only; empty where it says nothing printable. */
  readonly site: string;
  /** Whether the key may be kept in its owner's cloud account. */
  readonly inCloud: boolean;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const NEW_KEY = 0x40;
const EXTENDED = 0x80;
const LEAST_DATA = 37;

/** Read r ‖ s ‖ length (1) ‖ authenticator data ‖ client data; nothing of the curve is checked here. */
export const readAssertion = (digest: Bytes, signature: Bytes): Assertion => {
  const size = signature[64] ?? 0;
  const authenticator = signature.subarray(65, 65 + size);
  const client = signature.subarray(65 + size);
  const flags = authenticator[32] ?? 0;
  if (size < LEAST_DATA || authenticator.length < size)
    throw new Failed("the passkey's signature does not have the one form that is permitted");
  const head = utf8(`{"type":"webauthn.get","challenge":"${toBase64Url(digest)}","origin":"`);
  if (!startsWith(client, head)) throw new Failed("the passkey signed something else");
  if ((flags & PRESENT) === 0 || (flags & VERIFIED) === 0) throw new Failed("the passkey did not verify the person");
  if ((flags & NEW_KEY) !== 0 || ((flags & EXTENDED) !== 0 && size === LEAST_DATA) || (flags & (ELIGIBLE | BACKED_UP)) === BACKED_UP)
    throw new Failed("the passkey's flags are none of a signature");
  const site = /^[!#-[\]-~]+(?=")/.exec(latin1(client.subarray(head.length)))?.[0] ?? "";
  return { signature: signature.subarray(0, 64), authenticator, client, site, inCloud: (flags & ELIGIBLE) !== 0 };
};

/** W3C Web Authentication level 2, section 7.2, as far as formats.md section 3 asks. */
export const checkPasskey = (point: Bytes, digest: Bytes, signature: Bytes): void => {
  const made = readAssertion(digest, signature);
  checkP256(point, sha256(join(made.authenticator, sha256(made.client))), made.signature);
};

// -------------------------------------------------------------------------------------------------------------- Ed25519

type Point = InstanceType<typeof ed25519.Point>;

/** The point that 32 bytes encode in the one way of RFC 8032 section 5.1.3; null if none, or one of small order. */
const fullPoint = (data: Bytes): Point | null => {
  try {
    const point = ed25519.Point.fromBytes(data, false);
    return point.isSmallOrder() ? null : point;
  } catch {
    return null;
  }
};

export const isFullOrder = (key: Bytes): boolean => fullPoint(key) !== null;

/** RFC 8032 section 5.1.7, without cofactor, as OpenSSL and Go do; neither key nor R of small order, as the Web demands. */
export const ed25519Fits = (key: Bytes, message: Bytes, signature: Bytes): boolean => {
  const order = ed25519.Point.Fn.ORDER;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (signature.length !== 64 || s >= order || !isFullOrder(r)) return false;
  const point = fullPoint(key);
  if (point === null) return false;
  const k = littleEndian(sha512(join(r, key, message))) % order;
  return equal(ed25519.Point.BASE.multiplyUnsafe(s).add(point.negate().multiplyUnsafe(k)).toBytes(), r);
};

const littleEndian = (data: Bytes): bigint => numberOf(data.slice().reverse());
