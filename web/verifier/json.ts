// Strict JSON: RFC 8259, I-JSON (RFC 7493), and the rule of formats.md section 2 that no reader may round a number.
import { Malformed } from "./bytes.ts";

/** A number that is not written as a whole number of at most 2^53 - 1: `1.0`, `2.5`, `1e3`, `9007199254740992`. */
export class Double {
  constructor(readonly value: number) {}
}

/** A `number` is whole and at most 2^53 - 1, either way. */
export type Json = null | boolean | number | Double | string | Json[] | Map<string, Json>;

export interface JsonLimits {
  /** Levels of containers; an empty one counts. */
  readonly depth: number;
  /** Scalars and empty containers. */
  readonly values: number;
  /** Whether strings may have noncharacters. */
  readonly noncharacters?: boolean;
}

const NOT_TEXT = /[\p{Surrogate}\p{Noncharacter_Code_Point}]/u;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text is one of I-JSON: no lone surrogates, no noncharacters. */
export const isPlainText = (text: string): boolean => !NOT_TEXT.test(text);

/** RFC 8785 section 3.2.2.3, which is how JavaScript prints numbers. */
export const numberText = (value: number): string => String(value);

// -------------------------------------------------------------------------------------------------------------- reading

/** One JSON value, and nothing after it. A byte order mark is not skipped. */
export const parseJson = (text: string, limits: JsonLimits): Json => new Reader(text, limits).whole();

const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const FOUR_DIGITS = /^[0-9a-fA-F]{4}$/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'], ["\\", "\\"], ["/", "/"], ["b", "\b"], ["f", "\f"], ["n", "\n"], ["r", "\r"], ["t", "\t"],
]);
const CONSTANTS: readonly (readonly [string, boolean | null])[] = [["true", true], ["false", false], ["null", null]];

class Reader {
  private at = 0;
  private commas = 0;

  constructor(private readonly text: string, private readonly limits: JsonLimits) {}

  whole(): Json {
    const found = this.value(1);
    this.blank();
    if (this.at < this.text.length) this.fail("something after the value");
    return found;
  }

  /** `level`: the one that a container would have here. */
  private value(level: number): Json {
    this.blank();
    const mark = this.text[this.at];
    if (mark === '"') return this.string();
    if (mark === "{" || mark === "[") {
      if (level > this.limits.depth) throw new Malformed(`over the depth limit of ${this.limits.depth} levels`);
      this.at++;
      return mark === "{" ? this.object(level) : this.array(level);
    }
    for (const [name, constant] of CONSTANTS)
      if (this.text.startsWith(name, this.at)) {
        this.at += name.length;
        return constant;
      }
    return this.number();
  }

  private object(level: number): Map<string, Json> {
    const members = new Map<string, Json>();
    if (this.ends("}")) return members;
    do {
      this.blank();
      if (this.text[this.at] !== '"') this.fail("a name was expected");
      const name = this.string();
      this.blank();
      if (this.text[this.at] !== ":") this.fail("a colon was expected");
      this.at++;
      const value = this.value(level + 1);
      if (members.has(name)) this.fail("a name that its object has already");
      members.set(name, value);
    } while (this.goesOn("}"));
    return members;
  }

  private array(level: number): Json[] {
    const items: Json[] = [];
    if (this.ends("]")) return items;
    do items.push(this.value(level + 1));
    while (this.goesOn("]"));
    return items;
  }

  private ends(end: string): boolean {
    this.blank();
    if (this.text[this.at] !== end) return false;
    this.at++;
    return true;
  }

  /** Whether a comma comes, and not the end. What is well formed has one scalar more than it has commas. */
  private goesOn(end: string): boolean {
    if (this.ends(end)) return false;
    if (this.text[this.at] !== ",") this.fail(`a comma or ${end} was expected`);
    this.at++;
    if (++this.commas >= this.limits.values) throw new Malformed(`over the limit of ${this.limits.values} values`);
    return true;
  }

  private string(): string {
    const begin = this.at;
    let found = "";
    this.at++;
    for (;;) {
      PLAIN.lastIndex = this.at;
      found += PLAIN.exec(this.text)?.[0] ?? "";
      this.at = PLAIN.lastIndex;
      const mark = this.text[this.at++];
      if (mark === '"') break;
      if (mark !== "\\") this.fail("a string without an end, or with a control character");
      found += this.escape();
    }
    if ((this.limits.noncharacters === true ? LONE_SURROGATE : NOT_TEXT).test(found)) {
      this.at = begin;
      this.fail("a string with a lone surrogate or a noncharacter");
    }
    return found;
  }

  private escape(): string {
    const mark = this.text[this.at++] ?? "";
    if (mark !== "u") return ESCAPES.get(mark) ?? this.fail("an escape that is none");
    const digits = this.text.slice(this.at, this.at + 4);
    if (!FOUR_DIGITS.test(digits)) this.fail("an escape that is none");
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private number(): number | Double {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.fail("a value was expected");
    const [written, , fraction, exponent] = match;
    const value = Number(written);
    const isWhole = fraction === undefined && exponent === undefined && Number.isSafeInteger(value);
    if (!isWhole && (!Number.isFinite(value) || decimal(written) !== decimal(numberText(value))))
      this.fail("a number that changes when it is read as a double: it should be a string");
    this.at += written.length;
    return isWhole ? value + 0 : new Double(value);
  }

  private blank(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private fail(what: string): never {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    throw new Malformed(`no JSON: ${what}: line ${line}, column ${this.at - before.lastIndexOf("\n")}`);
  }
}

/**
 * The decimal value of a number without its sign, in one spelling: 0.digits times ten to some power.
 *
 * Loops, where patterns would be shorter: a pattern that looks for zeros at the end takes quadratic time.
 */
const decimal = (text: string): string => {
  const cut = text.search(/e/i);
  const mantissa = text.slice(text.startsWith("-") ? 1 : 0, cut < 0 ? text.length : cut);
  const point = mantissa.indexOf(".");
  const digits = mantissa.replace(".", "");
  let begin = 0;
  while (digits[begin] === "0") begin++;
  if (begin === digits.length) return "0";
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  const [, sign = "", power = ""] = /^e([-+]?)0*([0-9]*)$/i.exec(cut < 0 ? "e" : text.slice(cut)) ?? [];
  // No text is so long that its digits could make up for such an exponent.
  if (power.length > 10) return `beyond ${sign}${power}`;
  return `${digits.slice(begin, end)}e${(point < 0 ? mantissa.length : point) - begin + Number(`${sign}${power || "0"}`)}`;
};

// ------------------------------------------------------------------------------------------------------------- printing

/** RFC 8785: the one spelling of a value. */
export const printJson = (value: Json): string => {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Double) return numberText(value.value);
  if (Array.isArray(value)) return `[${value.map(printJson).join(",")}]`;
  if (!(value instanceof Map)) return String(value);
  const names = [...value.keys()].sort(); // by UTF-16 units, as section 3.2.3 says
  return `{${names.map((name) => `${JSON.stringify(name)}:${printJson(value.get(name) ?? null)}`).join(",")}}`;
};

/** JSON in ASCII: every other character as `\uXXXX`, in lower case. */
export const inAscii = (json: string): string =>
  json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
