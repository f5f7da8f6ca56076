// Paths of fields in words: namespaces and brackets are dropped, and names are taken apart. The exact path, which the
// digest binds, is shown beside them on demand.

/** One step of a path: a name for people, and the number that tells it from its siblings, if it has one. */
interface Step {
  readonly name: string;
  readonly number: number | null;
}

const JSON_STEP = /\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]/gsu;
const XML_STEP = /\/(?:processing-instruction\('([^']*)'\)|text\(\)|@?(?:\{[^}]*\})?([^/[{]+))(?:\[(\d+)\])?/gsu;
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The paths of one document in words, in the same order. Two paths with the same words are told apart by numbers. */
export function pathsInWords(format: string, paths: readonly string[]): string[] {
  const steps = paths.map((path) => (format === "xml" ? xmlSteps(path) : jsonSteps(path)));
  const times = new Map<string, number>();
  const plain = steps.map((path) => inWords(path, format === "json"));
  for (const words of plain) times.set(words, (times.get(words) ?? 0) + 1);
  return plain.map((words, at) => (times.get(words) === 1 ? words : inWords(steps[at] ?? [], true)));
}

/** One path in words, with its numbers, where nobody knows the paths beside it. */
export const fieldInWords = (path: string): string => inWords(path.startsWith("$") ? jsonSteps(path) : xmlSteps(path), true);

const inWords = (steps: readonly Step[], numbered: boolean): string =>
  steps.map(({ name, number }) => [name, numbered && number !== null ? number : ""].join(" ").trim()).join(" › ");

function jsonSteps(path: string): Step[] {
  const found: Step[] = [];
  for (const [, name, index] of path.matchAll(JSON_STEP)) {
    if (name !== undefined) found.push({ name: nameInWords(unescaped(name)), number: null });
    else found.push({ name: "", number: Number(index) + 1 });
  }
  return found;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, hex: string | undefined, char: string | undefined) =>
    hex === undefined ? (ESCAPES[char ?? ""] ?? char ?? "") : String.fromCharCode(Number.parseInt(hex, 16)));
}

function xmlSteps(path: string): Step[] {
  const found: Step[] = [];
  for (const [, target, name, position] of path.matchAll(XML_STEP)) {
    const number = position === undefined ? null : Number(position);
    found.push({ name: nameInWords(target ?? name ?? ""), number });
  }
  // Every path begins at the root, which is the document; the text of an element is the element to a reader.
  return found.length > 2 ? found.slice(1) : found;
}

/** "AccountingSupplierParty" is "Accounting supplier party", "netMass" is "Net mass", "ID" stays "ID". */
export function nameInWords(name: string): string {
  const words = name
    .replaceAll(/(\p{Ll}|\p{Nd})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[\s_-]+/u)
    .filter((word) => word !== "")
    .map((word) => (/^\p{Lu}[\p{Lu}\p{Nd}]*$/u.test(word) && word.length > 1 ? word : word.toLowerCase()));
  const text = words.join(" ");
  return text === "" ? name : text.slice(0, 1).toUpperCase() + text.slice(1);
}
