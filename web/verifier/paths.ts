// Paths of fields, and whether shown fields can stand together in one document: formats.md section 2.
import { Malformed } from "./bytes.ts";
import { type Format, MOST } from "./digest.ts";
import { NCNAME } from "./xml_names.ts";

export type StepKind = "member" | "item" | "element" | "text" | "instruction" | "attribute";

/** A step of a path as it is written. `number`: the index of an item, or the position of a child; else 0. */
export interface Step {
  readonly text: string;
  readonly kind: StepKind;
  readonly number: number;
}

const JSON_STEP =
  /\[(?:(0|[1-9][0-9]{0,8})|'[^'\\\u0000-\u001f]*(?:\\(?:[btnfr'\\]|u00(?:0[0-7bef]|1[0-9a-f]))[^'\\\u0000-\u001f]*)*')\]/y;
const XML_STEP = new RegExp(
  `/(?:(?:(?:\\{[^{}]+\\})?${NCNAME}|(text\\(\\))|(processing-instruction\\('${NCNAME}'\\)))\\[([1-9][0-9]{0,8})\\]` +
    `|(@(?:\\{[^{}]+\\})?${NCNAME}))`,
  "y",
);
const NO_PATH = "is not the path of a field of this format";

/** The steps of a path. Malformed if it is none of a field of this format. */
export const stepsOf = (format: Format, path: string): Step[] => {
  if (format === "opaque") {
    if (path !== "") throw new Malformed(NO_PATH);
    return [];
  }
  if (!path.startsWith(format === "json" ? "$" : "/")) throw new Malformed(NO_PATH);
  const pattern = format === "json" ? JSON_STEP : XML_STEP;
  const found: Step[] = [];
  for (let at = format === "json" ? 1 : 0; at < path.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    if (match === null) throw new Malformed(NO_PATH);
    found.push(format === "json" ? jsonStep(match) : xmlStep(match));
  }
  return found;
};

const jsonStep = ([text, index]: RegExpExecArray): Step => ({
  text,
  kind: index === undefined ? "member" : "item",
  number: Number(index ?? 0),
});

const xmlStep = ([text, run, instruction, position, attribute]: RegExpExecArray): Step => {
  if (attribute !== undefined) return { text, kind: "attribute", number: 0 };
  const kind = run !== undefined ? "text" : instruction !== undefined ? "instruction" : "element";
  return { text, kind, number: Number(position) };
};

// --------------------------------------------------------------------------------------------------------------- shape

/** A node of the document as far as the shown paths tell. */
class Node {
  readonly inside = new Map<string, Node>();
  /** What stands at which position, by number. */
  readonly numbered = new Map<number, Step>();
  isField = false;
  private highest = 0;

  number(step: Step): void {
    this.numbered.set(step.number, step);
    this.highest = Math.max(this.highest, step.number);
  }

  /** How many positions below the highest have nothing shown. */
  gaps(first: number): number {
    return this.numbered.size === 0 ? 0 : this.highest - first + 1 - this.numbered.size;
  }
}

export interface PlacedField {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

/** Could the shown fields stand together in one document that has so many hidden ones more? Malformed if not. */
export const checkShape = (format: Format, fields: readonly PlacedField[], hidden: number): void => {
  const root = new Node();
  const nodes = [root];
  for (const field of fields) {
    const steps = stepsOf(format, field.path);
    checkDepth(steps, field.type);
    let node = root;
    for (const step of steps) {
      let next = node.inside.get(step.text);
      if (next === undefined) {
        checkNew(node, step);
        next = new Node();
        node.inside.set(step.text, next);
        if (step.kind !== "member" && step.kind !== "attribute") node.number(step);
        nodes.push(next);
      }
      node = next;
    }
    if (format === "xml") checkXmlField(steps, field);
    node.isField = true;
  }
  if (format === "xml") checkRoot(root, hidden);
  else if (root.isField && hidden > 0) throw new Malformed("a document whose one field is shown cannot hide more");
  const first = format === "json" ? 0 : 1;
  if (nodes.reduce((sum, node) => sum + node.gaps(first), 0) > hidden)
    throw new Malformed("the shown paths leave more places open than the hidden fields can fill");
};

const checkDepth = (steps: readonly Step[], type: string): void => {
  const levels = steps.filter(({ kind }) => kind === "member" || kind === "item" || kind === "element").length;
  if (levels + (type === "o" || type === "a" ? 1 : 0) > MOST.depth)
    throw new Malformed(`over the depth limit of ${MOST.depth} levels`);
};

/** What must not stand right before or after a text, or an instruction. */
const APART: ReadonlyMap<StepKind, readonly StepKind[]> = new Map<StepKind, readonly StepKind[]>([
  ["text", ["text", "instruction"]],
  ["instruction", ["text"]],
]);

/** Whether a step that no path had before may be there. */
const checkNew = (node: Node, { kind, number }: Step): void => {
  if (kind === "attribute") return;
  if (node.isField) throw new Malformed("a path that leads into a scalar or an empty container");
  const isArray = node.numbered.size > 0;
  if (kind === "member" ? isArray : kind === "item" && node.inside.size > 0 && !isArray)
    throw new Malformed("an object by one path and an array by another");
  if (kind === "member") return;
  if (node.numbered.has(number)) throw new Malformed("two children at one position");
  for (const beside of [number - 1, number + 1]) {
    const other = node.numbered.get(beside);
    if (other !== undefined && APART.get(kind)?.includes(other.kind) === true)
      throw new Malformed("a text right beside another, which would be one, or beside an instruction");
  }
};

const checkXmlField = (steps: readonly Step[], { type, text }: PlacedField): void => {
  const last = steps.at(-1)?.kind;
  const asked = last === "element" ? "e" : last === "instruction" ? "p" : "t";
  if (type !== asked || (last === "text" && text === ""))
    throw new Malformed("a field of another type than its path asks for");
  if (steps.slice(0, -1).some(({ kind }) => kind !== "element"))
    throw new Malformed("a path through something that is no element");
};

const checkRoot = (root: Node, hidden: number): void => {
  const kinds = [...root.inside.keys()].map((step) => stepsOf("xml", step)[0]?.kind);
  const elements = kinds.filter((kind) => kind === "element").length;
  if (kinds.includes("text") || kinds.includes("attribute") || elements > 1)
    throw new Malformed("an XML document has one root element");
  if (elements === 0 && hidden === 0) throw new Malformed("an XML document has a root element");
};
