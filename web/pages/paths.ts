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

/**
 * The paths of one document in words, in the same order. A number tells a field from its siblings of the same name: the
 * first, the second and so on where `isWhole`; else its position, since there may be hidden siblings between.
 */
export function pathsInWords(format: string, paths: readonly string[], isWhole: boolean): string[] {
  const all = paths.map((path) => (format === "xml" ? xmlSteps(path) : jsonSteps(path)));
  const siblings = new Map<string, Set<number>>();
  for (const steps of all) {
    keysOf(steps).forEach((key, at) => {
      const number = steps[at]?.number ?? null;
      if (number === null || steps[at]?.name === "") return;
      const known = siblings.get(key);
      if (known === undefined) siblings.set(key, new Set([number]));
      else known.add(number);
    });
  }
  const ranks = new Map<string, ReadonlyMap<number, number>>();
  for (const [key, known] of siblings) {
    if (known.size > 1) ranks.set(key, new Map([...known].sort((left, right) => left - right).map((number, at) => [number, at + 1])));
  }
  return all.map((steps) => {
    const keys = keysOf(steps);
    return inWords(steps, ({ number, name }, at) => {
      if (number === null || name === "") return number;
      const rank = ranks.get(keys[at] ?? "")?.get(number);
      return rank === undefined || isWhole ? (rank ?? null) : number;
    });
  });
}

/** For each step what it shares with its siblings of the same name: the way to it, and the name. */
function keysOf(steps: readonly Step[]): string[] {
  let way = "";
  return steps.map(({ name, number }) => {
    const key = `${way}\n${name}`;
    way = `${key}\t${number}`;
    return key;
  });
}

/** One path in words, with its numbers, where nobody knows the paths beside it. */
export const fieldInWords = (path: string): string =>
  inWords(path.startsWith("$") ? jsonSteps(path) : xmlSteps(path), ({ number }) => number);

const inWords = (steps: readonly Step[], numberOf: (step: Step, at: number) => number | null): string =>
  steps.map((step, at) => `${step.name} ${numberOf(step, at) ?? ""}`.trim()).filter((words) => words !== "").join(" › ");

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
    // The text of an element is the element to a reader.
    const own = target ?? name;
    if (own !== undefined) found.push({ name: nameInWords(own), number: position === undefined ? null : Number(position) });
  }
  return found.length > 1 ? found.slice(1) : found; // every path begins at the root, which is the document
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
