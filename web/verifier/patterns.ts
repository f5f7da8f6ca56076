// Patterns that name fields: formats.md section 2, "Patterns".
import { Malformed } from "./bytes.ts";
import type { Document, Format } from "./digest.ts";
import { type Step, type StepKind, stepsOf } from "./paths.ts";
import { NCNAME } from "./xml_names.ts";

/** A step of a path by its parts, or one of a pattern, where null fits anything. */
interface NamedStep {
  readonly kind: StepKind | null;
  readonly namespace: string | null;
  readonly name: string | null;
  /** From 1; null for a member or an attribute. */
  readonly number: number | null;
}

/** A step of a pattern. */
interface Test extends NamedStep {
  /** Whether any number of steps may be passed over before it. */
  readonly isDeep: boolean;
}

const ANY: NamedStep = { kind: null, namespace: null, name: null, number: null };

// White space is that of Unicode, and what Python takes for it.
const JSON_TEST =
  /(?:(?<deep>\.\.)?\[(?:(?<item>0|[1-9][0-9]{0,8})|(?<any>\*)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)")\]|(?<dots>\.\.?)(?:(?<every>\*)|(?<name>[^.[\]*'"\p{White_Space}\u001c-\u001f][^.[\]*'"]*)))/uy;
const XML_TEST = new RegExp(
  `(?<slashes>//?)(?:(?<text>text\\(\\))|(?<instruction>processing-instruction\\((?:'(?<target>${NCNAME})')?\\))` +
    `|(?<at>@)?(?:\\{(?<namespace>[^{}]*)\\})?(?<local>${NCNAME}|\\*))(?:\\[(?<number>[1-9][0-9]{0,8})\\])?`,
  "y",
);

/** Malformed if a policy may not have this pattern. */
export const checkPattern = (pattern: string): void => {
  if (pattern !== "" && pattern !== "*") readPattern(pattern.startsWith("/") ? "xml" : "json", pattern);
};

/** Whether a document shows a field that the pattern names; a pattern for another format names none. */
export const patternMatches = (document: Document, pattern: string): boolean => {
  let tests: readonly Test[];
  try {
    tests = readPattern(document.format, pattern);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
  return document.fields.some(({ path }) => leadsTo(tests, stepsOf(document.format, path).map(named)));
};

const readPattern = (format: Format, pattern: string): readonly Test[] => {
  if (format === "opaque") {
    if (pattern !== "" && pattern !== "*") throw new Malformed("a pattern for an opaque document is empty or *");
    return [];
  }
  if (!pattern.startsWith(format === "json" ? "$" : "/"))
    throw new Malformed("a pattern begins with $ for JSON, and with / for XML");
  const test = format === "json" ? JSON_TEST : XML_TEST;
  const found: Test[] = [];
  for (let at = format === "json" ? 1 : 0; at < pattern.length; at = test.lastIndex) {
    test.lastIndex = at;
    const given = test.exec(pattern)?.groups;
    if (given === undefined) throw new Malformed("no pattern of a path");
    const isDeep = given["deep"] !== undefined || given["dots"] === ".." || given["slashes"] === "//";
    found.push({ ...(format === "json" ? jsonTest(given) : xmlTest(given)), isDeep });
  }
  return found;
};

type Groups = Record<string, string | undefined>;

const jsonTest = ({ item, any, every, single, double, name }: Groups): NamedStep => {
  if (item !== undefined) return { ...ANY, kind: "item", number: Number(item) + 1 };
  if (any !== undefined || every !== undefined) return ANY;
  const quoted = single ?? double;
  return { ...ANY, kind: "member", name: quoted === undefined ? (name ?? "") : unquoted(quoted, single !== undefined) };
};

const xmlTest = ({ text, instruction, target, at, namespace, local, number }: Groups): NamedStep => {
  const position = number === undefined ? null : Number(number);
  if (text !== undefined) return { ...ANY, kind: "text", number: position };
  if (instruction !== undefined) return { kind: "instruction", namespace: null, name: target ?? null, number: position };
  const name = local === undefined || local === "*" ? null : local;
  const isAny = at === undefined && name === null && namespace === undefined;
  const kind = at !== undefined ? "attribute" : isAny ? null : "element";
  return { kind, namespace: namespace ?? null, name, number: position };
};

/** A name in quotes, with the escapes of JSON; in single quotes these are escaped, and double ones are not. */
const unquoted = (text: string, isSingle: boolean): string => {
  if (isSingle && /(?:^|[^\\])(?:\\\\)*\\"/.test(text)) throw new Malformed("a name in a pattern with an unknown escape");
  try {
    const name: unknown = JSON.parse(`"${isSingle ? text.replaceAll("\\'", "'").replaceAll('"', '\\"') : text}"`);
    return String(name);
  } catch {
    throw new Malformed("a name in a pattern with an unknown escape");
  }
};

/** The parts of a step of a path. */
const named = ({ text, kind, number }: Step): NamedStep => {
  if (kind === "member") return { ...ANY, kind, name: unquoted(text.slice(2, -2), true) };
  if (kind === "item") return { ...ANY, kind, number: number + 1 };
  if (kind === "text") return { kind, namespace: "", name: "", number };
  if (kind === "instruction") return { kind, namespace: "", name: text.split("'")[1] ?? "", number };
  const name = text.slice(kind === "attribute" ? 2 : 1);
  const brace = name.lastIndexOf("}");
  const local = kind === "attribute" ? name.slice(brace + 1) : name.slice(brace + 1, name.lastIndexOf("["));
  return { kind, namespace: brace < 0 ? "" : name.slice(1, brace), name: local, number };
};

const fits = (test: NamedStep, step: NamedStep): boolean =>
  (test.kind === null || test.kind === step.kind) &&
  (test.namespace === null || test.namespace === step.namespace) &&
  (test.name === null || test.name === step.name) &&
  (test.number === null || test.number === step.number);

/** Whether the tests lead to a field, or to something around it. */
const leadsTo = (tests: readonly Test[], steps: readonly NamedStep[]): boolean => {
  let places = new Set([0]); // numbers of tests that may come next
  for (const step of steps) {
    if (places.has(tests.length)) return true;
    const after = new Set<number>();
    for (const place of places) {
      const test = tests[place];
      if (test === undefined) continue;
      if (test.isDeep) after.add(place);
      if (fits(test, step)) after.add(place + 1);
    }
    places = after;
  }
  return places.has(tests.length);
};
