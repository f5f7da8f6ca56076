// P-256 (FIPS 186-5) as far as the signing page needs it beyond the browser's own WebCrypto: signatures from DER, and the
// public keys under which a signature may have been made. All of it is public, so nothing here runs in constant time.
import { type Bytes, hex, join, numberOf, word } from "../verifier/bytes.ts";

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const BASE = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

/** A point of the curve; null is the one at infinity. */
type Point = { readonly x: bigint; readonly y: bigint } | null;

/** r ‖ s with low s of a signature in DER (RFC 3279 section 2.2.3), as authenticators make it; null for anything else. */
export function fromDer(der: Bytes): Bytes | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const size = der[3] ?? 0;
  const parts = [der.subarray(2, 4 + size), der.subarray(4 + size)];
  if (parts.some((part) => part[0] !== 0x02 || part.length < 3 || part[1] !== part.length - 2)) return null;
  const [r = 0n, s = 0n] = parts.map((part) => numberOf(part.subarray(2)));
  if (r <= 0n || r >= N || s <= 0n || s >= N) return null;
  return join(word(r), word(s > N / 2n ? N - s : s));
}

/** Whether the key x ‖ y made the signature r ‖ s of this message, which is hashed with SHA-256. */
export async function fits(point: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  try {
    const raw = new Uint8Array(join(Uint8Array.of(4), point));
    const key = await crypto.subtle.importKey("raw", raw, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false; // it is no point of the curve
  }
}

/** The public keys, x ‖ y in hex, under which r ‖ s may be a signature of this digest: SEC 1, section 4.1.6.
 *
 * The one in 2^128 signatures whose r is not the point's x itself is not looked for. */
export function keysOf(digest: Bytes, signature: Bytes): string[] {
  const r = numberOf(signature.subarray(0, 32));
  const s = numberOf(signature.subarray(32, 64));
  const square = mod(r ** 3n - 3n * r + B, P);
  const y = power(square, (P + 1n) / 4n);
  if (mod(y * y - square, P) !== 0n) return [];
  const inverse = inverted(r, N);
  const shift = times(BASE, mod(-numberOf(digest) * inverse, N));
  return [y, P - y].flatMap((one) => {
    const key = sum(times({ x: r, y: one }, mod(s * inverse, N)), shift);
    return key === null ? [] : [hex(join(word(key.x), word(key.y)))];
  });
}

const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function power(base: bigint, exponent: bigint): bigint {
  let found = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if ((rest & 1n) === 1n) found = (found * square) % P;
  }
  return found;
}

/** By Euclid's algorithm. */
function inverted(value: bigint, by: bigint): bigint {
  let [low, high, left, right] = [mod(value, by), by, 1n, 0n];
  while (low > 1n) {
    const times = high / low;
    [low, high, left, right] = [high - times * low, low, right - times * left, left];
  }
  return mod(left, by);
}

function sum(one: Point, other: Point): Point {
  if (one === null) return other;
  if (other === null) return one;
  if (one.x === other.x && one.y !== other.y) return null;
  const slope = one.x === other.x
    ? (3n * one.x * one.x - 3n) * inverted(2n * one.y, P)
    : (other.y - one.y) * inverted(other.x - one.x, P);
  const x = mod(slope * slope - one.x - other.x, P);
  return { x, y: mod(slope * (one.x - x) - one.y, P) };
}

function times(point: Point, factor: bigint): Point {
  let found: Point = null;
  for (let doubled = point, rest = factor; rest > 0n; rest >>= 1n, doubled = sum(doubled, doubled)) {
    if ((rest & 1n) === 1n) found = sum(found, doubled);
  }
  return found;
}
