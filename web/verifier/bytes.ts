// Bytes and text in their spellings, and the hashes of formats.md. Nothing here knows what the bytes mean.
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 as keccak } from "@noble/hashes/sha3.js";

export { keccak, sha256 };
export type Bytes = Uint8Array;

export const MIB = 1024 * 1024;

/** A file is not what it must be; nothing is decided. */
export class Malformed extends Error {
  override readonly name: string = "Malformed";
}

/** A check says no. */
export class Failed extends Error {
  override readonly name: string = "Failed";
}

// ------------------------------------------------------------------------------------------------------ bytes and order

export const join = (...parts: readonly Bytes[]): Bytes => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const compareBytes = (left: Bytes, right: Bytes): number => {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

export const equal = (left: Bytes, right: Bytes): boolean =>
  left.length === right.length && compareBytes(left, right) === 0;

export const startsWith = (data: Bytes, begin: Bytes): boolean => equal(data.subarray(0, begin.length), begin);

/** Where a part begins in the data, or -1. */
export const indexOf = (data: Bytes, part: Bytes, from = 0): number => {
  const first = part[0] ?? 0;
  for (let at = data.indexOf(first, from); at >= 0; at = data.indexOf(first, at + 1))
    if (equal(data.subarray(at, at + part.length), part)) return at;
  return -1;
};

/** A UTF-16 unit, so that the halves of pairs (0xd800 to 0xdfff), which stand for high code points, come last. */
const inOrder = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** The order of code points, which is also that of UTF-8 and of Python; `<` of JavaScript has that of UTF-16. */
export const compareText = (left: string, right: string): number => {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (one !== other) return inOrder(one) - inOrder(other);
  }
  return left.length - right.length;
};

/** Whether each is greater than the one before it, hence none is there twice. */
export const ascending = <Item>(items: readonly Item[], compare: (left: Item, right: Item) => number): boolean => {
  let before: Item | undefined;
  for (const item of items) {
    if (before !== undefined && compare(before, item) >= 0) return false;
    before = item;
  }
  return true;
};

/** How many code points a text has. */
export const characters = (text: string): number => {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) pairs++;
  return text.length - pairs;
};

// ------------------------------------------------------------------------------------------------------------- numbers

/** Big-endian. */
export const numberOf = (data: Bytes): bigint => (data.length === 0 ? 0n : BigInt(`0x${hex(data)}`));

/** A number from 0 on in so many bytes, big-endian. */
export const word = (value: bigint | number, size = 32): Bytes =>
  unhex(BigInt(value).toString(16).padStart(2 * size, "0"));

// ---------------------------------------------------------------------------------------------------------------- text

const encoder = new TextEncoder();

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** The text that these bytes encode; a byte order mark stays in it. */
export const textOf = (data: Bytes, encoding: "UTF-8" | "UTF-16LE" | "UTF-16BE" = "UTF-8"): string => {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Malformed(`not ${encoding}`);
  }
};

/** Each byte as one character; for patterns over bytes. */
export const latin1 = (data: Bytes): string => {
  let text = "";
  for (let at = 0; at < data.length; at += 4096) text += String.fromCharCode(...data.subarray(at, at + 4096));
  return text;
};

const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** The bytes after a byte order mark of UTF-8, if they begin with one. */
export const withoutMark = (data: Bytes): Bytes => (startsWith(data, BYTE_ORDER_MARK) ? data.subarray(3) : data);

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower case, without 0x. */
export const hex = (data: Bytes): string => {
  let text = "";
  for (const byte of data) text += HEX[byte] ?? "";
  return text;
};

/** The bytes of lower-case hexadecimal digits without 0x. */
export const unhex = (text: string): Bytes => {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new Malformed("no lower-case hexadecimal digits of bytes");
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at++) data[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return data;
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SIXES = new Uint8Array(128).fill(64);
for (let at = 0; at < 64; at++) SIXES[ALPHABET.charCodeAt(at)] = at;

/** RFC 4648 section 4, with padding. */
export const toBase64 = (data: Bytes): string => {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += 3 * 2048) parts.push(btoa(latin1(data.subarray(at, at + 3 * 2048))));
  return parts.join("");
};

/** RFC 4648 section 5, without padding. */
export const toBase64Url = (data: Bytes): string =>
  toBase64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The bytes of a text by RFC 4648 section 4, in its one spelling: padded, and no bit left over that is not zero. */
export const fromBase64 = (text: string): Bytes => {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const letters = text.length - padding;
  if (text.length % 4 !== 0) throw new Malformed("is not base64");
  const data = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let held = 0;
  let end = 0;
  for (let at = 0; at < letters; at++) {
    const six = SIXES[text.charCodeAt(at)] ?? 64;
    if (six === 64) throw new Malformed("is not base64");
    bits = ((bits << 6) | six) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      data[end++] = bits >> held;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0)
    throw new Malformed("is not the one permitted spelling of its bytes in base64");
  return data;
};

/** The bytes of a text by RFC 4648 section 5, without padding, in its one spelling. */
export const fromBase64Url = (text: string): Bytes => {
  if (/[+/=]/.test(text)) throw new Malformed("is not base64url");
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
};

// -------------------------------------------------------------------------------------------------------------- hashes

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/** The hash of a leaf: formats.md section 1. */
export const leafHash = (data: Bytes): Bytes => sha256(join(LEAF, data));

/** The hash of a node: formats.md section 1. */
export const nodeHash = (left: Bytes, right: Bytes): Bytes => sha256(join(NODE, left, right));
