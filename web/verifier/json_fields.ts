// JSON as fields: formats.md section 2, "JSON".
import { type Bytes, Malformed, characters, textOf, utf8, withoutMark } from "./bytes.ts";
import { type Field, MOST } from "./digest.ts";
import { Double, type Json, numberText, parseJson } from "./json.ts";

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\b", "\\b"], ["\f", "\\f"], ["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"], ["'", "\\'"], ["\\", "\\\\"],
]);

const escaped = (unit: string): string => SHORT.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** One step of a normalized path: RFC 9535 section 2.7. */
export const jsonStep = (key: string | number): string =>
  typeof key === "number" ? `[${key}]` : `['${key.replace(/['\\\u0000-\u001f]/g, escaped)}']`;

/** The fields of a JSON document, in its order. */
export const jsonFields = (data: Bytes): Field[] => {
  if (data.length > MOST.structured) throw new Malformed("over the limit of 16 MiB for a structured document");
  const found: Field[] = [];
  let budget: number = MOST.paths;
  const add = (path: string, type: string, value: string): void => {
    found.push({ path, type, value: utf8(value) });
  };
  const walk = (path: string, value: Json): void => {
    const items = Array.isArray(value) ? value.entries() : value instanceof Map ? value.entries() : null;
    if (items === null) return add(path, ...scalar(value));
    const size = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
    if (size === 0) return add(path, Array.isArray(value) ? "a" : "o", "");
    if (path !== "$") budget -= characters(path) * size;
    if (budget < 0) throw new Malformed(`over the limit of ${MOST.paths} characters for all paths together`);
    for (const [key, item] of items) walk(path + jsonStep(key), item);
  };
  walk("$", parseJson(textOf(withoutMark(data)), { depth: MOST.depth, values: MOST.fields }));
  return found;
};

/** Type and value of a scalar. */
const scalar = (value: Json): [type: string, value: string] => {
  if (typeof value === "string") return ["s", value];
  if (typeof value === "boolean") return ["b", String(value)];
  if (typeof value === "number") return ["n", numberText(value)];
  return value instanceof Double ? ["n", numberText(value.value)] : ["z", ""];
};
