// Solidity's ABI, as far as entries need it: formats.md section 5.
import { type Bytes, Malformed, numberOf } from "./bytes.ts";

/** What the types of this module are read as: uintN a bigint; bytesN, bytes and string bytes; lists and tuples a list. */
export type AbiValue = bigint | Bytes | AbiValue[];

/**
 * Read what `abi.encode` writes: the values, and where they end.
 *
 * Standard is one order: first all that has a fixed size, with an offset in place of what has not; then the latter, in
 * order and without gaps. Offsets are therefore only compared: no data is read twice, whatever they say.
 */
export const abiRead = (types: readonly string[], data: Bytes, begin = 0): [values: AbiValue[], end: number] => {
  const values: AbiValue[] = [];
  let at = begin;
  let end = types.reduce((sum, type) => sum + headSize(type), begin);
  for (const type of types) {
    let value: AbiValue;
    if (isDynamic(type)) {
      if (readNumber(data, at, 256) !== BigInt(end - begin)) throw new Malformed("not the standard ABI encoding");
      [value, end] = readDynamic(type, data, end);
      at += 32;
    } else if (isTuple(type)) {
      [value, at] = abiRead(partsOf(type), data, at);
    } else {
      value = type.startsWith("uint") ? readNumber(data, at, Number(type.slice(4))) : readBytes(data, at, Number(type.slice(5)));
      at += 32;
    }
    values.push(value);
  }
  return [values, end];
};

const partsOf = (tuple: string): string[] => tuple.slice(1, -1).split(",");
const isTuple = (type: string): boolean => type.startsWith("(") && !type.endsWith("[]");
const isDynamic = (type: string): boolean =>
  type === "bytes" || type === "string" || type.endsWith("[]") || (isTuple(type) && partsOf(type).some(isDynamic));
const headSize = (type: string): number => (isTuple(type) && !isDynamic(type) ? 32 * partsOf(type).length : 32);
const padded = (size: number): number => Math.ceil(size / 32) * 32;

const readDynamic = (type: string, data: Bytes, at: number): [AbiValue, number] => {
  if (isTuple(type)) return abiRead(partsOf(type), data, at);
  const size = readNumber(data, at, 64);
  const begin = at + 32;
  const isList = type.endsWith("[]");
  // Each item of a list takes 32 bytes or more: so no list is made that is longer than the data.
  if (size * (isList ? 32n : 1n) > BigInt(data.length)) throw new Malformed("the ABI encoding ends too early");
  const count = Number(size);
  if (isList) return abiRead(Array<string>(count).fill(type.slice(0, -2)), data, begin);
  return [readBytes(data, begin, count), begin + padded(count)];
};

const readNumber = (data: Bytes, at: number, bits: number): bigint => {
  const number = numberOf(readBytes(data, at, 32));
  if (number >> BigInt(bits) !== 0n) throw new Malformed(`a number beyond ${bits} bits`);
  return number;
};

/** So many bytes, followed by zeros up to a multiple of 32. */
const readBytes = (data: Bytes, at: number, size: number): Bytes => {
  const whole = data.subarray(at, at + padded(size));
  if (whole.length < padded(size) || whole.subarray(size).some((byte) => byte !== 0))
    throw new Malformed("the ABI encoding ends too early, or is not padded with zeros");
  return whole.subarray(0, size);
};
