// A share: a document that its party leaves at a server, sealed with a key that only the link has. formats.md section 8.
//
// It needs the browser's own cryptography, which pages have that came by https, from this computer, or from a disk.
import { type Bytes, Failed, fromBase64Url, join, toBase64Url } from "./bytes.ts";

const KEY = 16;
const NONCE = 12;
const TAG = 16;
const FRAGMENT = /^#1\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})(?:\.([A-Za-z0-9_-]{22}))?$/;

/** What the link of a code names; `key` opens a share, and is null where the link leads to evidence alone. */
export interface Link {
  readonly declaration: Bytes;
  readonly digest: Bytes;
  readonly key: Bytes | null;
}

/** A document as a server keeps it, under its id, and the key for the link. */
export interface Sealed {
  readonly id: Bytes;
  readonly sealed: Bytes;
  readonly key: Bytes;
}

/** Reads the part of a link after its address, `#` included; null where it is none, or was cut or changed. */
export function readFragment(text: string): Link | null {
  const [, ...codes] = FRAGMENT.exec(text) ?? [];
  const [declaration = null, digest = null, key = null] = codes.map((part) => (part === undefined ? null : bytesOf(part)));
  if (declaration === null || digest === null || (codes[2] !== undefined && key === null)) return null;
  return { declaration, digest, key };
}

/** The part of a link after its address, `#` included. */
export const fragmentOf = ({ declaration, digest, key }: Link): string =>
  `#1.${[declaration, digest, ...(key === null ? [] : [key])].map(toBase64Url).join(".")}`;

/** Seals a wrapped or redacted document of a declaration, with a new key. */
export async function seal(document: Bytes, declaration: Bytes): Promise<Sealed> {
  const key = crypto.getRandomValues(new Uint8Array(KEY));
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  return { id: await shareId(key, declaration), sealed: await sealWith(document, key, declaration, nonce), key };
}

/** `seal` with a key and a nonce that were chosen: for tests. A key is used for one share, a nonce once. */
export async function sealWith(document: Bytes, key: Bytes, declaration: Bytes, nonce: Bytes): Promise<Bytes> {
  const cipher = await cipherKey(key, declaration);
  return join(nonce, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: own(nonce) }, cipher, own(document))));
}

/** The document that was sealed. Failed if it was sealed with another key, for another declaration, or was changed. */
export async function unseal(sealed: Bytes, key: Bytes, declaration: Bytes): Promise<Uint8Array<ArrayBuffer>> {
  const cipher = await cipherKey(key, declaration);
  if (sealed.length < NONCE + TAG) throw new Failed("the share does not open with this key");
  try {
    const rules = { name: "AES-GCM", iv: own(sealed.subarray(0, NONCE)) };
    return new Uint8Array(await crypto.subtle.decrypt(rules, cipher, own(sealed.subarray(NONCE))));
  } catch {
    throw new Failed("the share does not open with this key");
  }
}

/** The name under which a server keeps a share: it tells nothing of the key. */
export async function shareId(key: Bytes, declaration: Bytes): Promise<Bytes> {
  const rules = derivation(declaration, "trade-ledger/share/1 id");
  return new Uint8Array(await crypto.subtle.deriveBits(rules, await secret(key), 256));
}

async function cipherKey(key: Bytes, declaration: Bytes): Promise<CryptoKey> {
  const rules = derivation(declaration, "trade-ledger/share/1 cipher");
  return crypto.subtle.deriveKey(rules, await secret(key), { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const secret = (key: Bytes): Promise<CryptoKey> => crypto.subtle.importKey("raw", own(key), "HKDF", false, ["deriveBits", "deriveKey"]);

const derivation = (declaration: Bytes, info: string): HkdfParams =>
  ({ name: "HKDF", hash: "SHA-256", salt: own(declaration), info: new TextEncoder().encode(info) });

/** A copy in memory of its own, as the browser's cryptography wants it. */
const own = (bytes: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** Null where the text is not the one spelling of its bytes. */
function bytesOf(text: string): Bytes | null {
  try {
    return fromBase64Url(text);
  } catch {
    return null;
  }
}
