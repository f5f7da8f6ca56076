// XML as fields: formats.md section 2, "XML".
import { type Bytes, Malformed, characters, startsWith, textOf, utf8 } from "./bytes.ts";
import { type Field, MOST } from "./digest.ts";
import { type Border, XML_NAMESPACE, type XmlAttribute, type XmlHandler, type XmlName, readXml } from "./xml.ts";
import { isNcName } from "./xml_names.ts";

const SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

type Encoding = "UTF-8" | "UTF-16LE" | "UTF-16BE";

/** Byte order marks, and how long they are. */
const MARKS: readonly (readonly [Encoding, Bytes])[] = [
  ["UTF-8", Uint8Array.of(0xef, 0xbb, 0xbf)],
  ["UTF-16LE", Uint8Array.of(0xff, 0xfe)],
  ["UTF-16BE", Uint8Array.of(0xfe, 0xff)],
];
/** How documents without one begin. */
const BEGINS: readonly (readonly [Encoding, Bytes])[] = [
  ["UTF-16LE", Uint8Array.of(0x3c, 0x00)],
  ["UTF-16BE", Uint8Array.of(0x00, 0x3c)],
];

/** The fields of an XML document in UTF-8 or UTF-16, in its order. */
export const xmlFields = (data: Bytes): Field[] => {
  if (data.length > MOST.structured) throw new Malformed("over the limit of 16 MiB for a structured document");
  const [marked, mark] = MARKS.find(([, begin]) => startsWith(data, begin)) ?? [];
  const encoding = marked ?? BEGINS.find(([, begin]) => startsWith(data, begin))?.[0] ?? "UTF-8";
  const text = textOf(data.subarray(mark?.length ?? 0), encoding);
  if (text.startsWith("\ufeff")) throw new Malformed("a second byte order mark");
  const fields = new FieldReader();
  readXml(text, encoding, fields);
  return fields.found;
};

/** Text without the white space of XML around it; a pattern that looks for it at the end takes quadratic time. */
const trimmed = (text: string): string => {
  let begin = 0;
  let end = text.length;
  while (begin < end && isWhite(text, begin)) begin++;
  while (end > begin && isWhite(text, end - 1)) end--;
  return text.slice(begin, end);
};

const isWhite = (text: string, at: number): boolean => " \t\r\n".includes(text.charAt(at));

/** Numbers children, joins character data into runs, and drops what the digest does not bind. */
class FieldReader implements XmlHandler {
  readonly found: Field[] = [];
  private budget: number = MOST.paths;
  /** Of the open element; outside the root of the document itself. */
  private path = "";
  private children = 0;
  private preserve = false;
  /** The same of each element around it. */
  private readonly around: { readonly path: string; readonly children: number; readonly preserve: boolean }[] = [];
  /** What stands since the last tag. */
  private run = "";
  private readonly pieces: (Border | "text")[] = [];

  open(name: XmlName, attributes: readonly XmlAttribute[], lookUp: (prefix: string) => string | undefined): void {
    this.endRun();
    this.around.push({ path: this.path, children: this.children + 1, preserve: this.preserve });
    if (this.around.length > MOST.depth) throw new Malformed(`over the depth limit of ${MOST.depth} levels`);
    this.path = `${this.path}/${expanded(name)}[${this.children + 1}]`;
    this.children = 0;
    this.spend(1 + attributes.length);
    for (const attribute of attributes) {
      let { value } = attribute;
      if (attribute.namespace === SCHEMA_INSTANCE && attribute.local === "type") value = resolved(value, lookUp);
      else if (attribute.namespace === XML_NAMESPACE && attribute.local === "space") {
        if (value === "preserve" || value === "default") this.preserve = value === "preserve";
      }
      this.add(`${this.path}/@${expanded(attribute)}`, "t", value);
    }
  }

  close(): void {
    this.endRun();
    if (this.children === 0) this.add(this.path, "e", "");
    const outer = this.around.pop();
    if (outer !== undefined) ({ path: this.path, children: this.children, preserve: this.preserve } = outer);
  }

  text(text: string): void {
    this.run += text;
    this.pieces.push("text");
  }

  border(border: Border): void {
    this.pieces.push(border);
  }

  instruction(target: string, data: string): void {
    this.pieces.push("instruction");
    this.children++;
    this.spend(1);
    this.add(`${this.path}/processing-instruction('${target}')[${this.children}]`, "p", data);
  }

  private endRun(): void {
    const { run } = this;
    const pieces = this.pieces.splice(0);
    this.run = "";
    if (run === "" || (!this.preserve && trimmed(run) === "")) return;
    // Some readers take only what stands before the first border. One CDATA section may hold all of the text.
    const inner = pieces[0] === "[" && pieces.at(-1) === "]" ? pieces.slice(1, -1) : pieces;
    if (inner.some((piece) => piece !== "text"))
      throw new Malformed("a comment, instruction or CDATA border inside or beside text");
    this.children++;
    this.spend(1);
    this.add(`${this.path}/text()[${this.children}]`, "t", run);
  }

  private add(path: string, type: string, value: string): void {
    if (this.found.length >= MOST.fields) throw new Malformed(`over the limit of ${MOST.fields} fields`);
    this.found.push({ path, type, value: utf8(value) });
  }

  /** So many paths begin with that of the open element. */
  private spend(paths: number): void {
    this.budget -= characters(this.path) * paths;
    if (this.budget < 0) throw new Malformed(`over the limit of ${MOST.paths} characters for all paths together`);
  }
}

const expanded = ({ namespace, local }: XmlName): string => {
  if (/[{}]/.test(namespace)) throw new Malformed("a namespace name with a brace");
  return namespace === "" ? local : `{${namespace}}${local}`;
};

/** The QName of an xsi:type as {namespace}local. */
const resolved = (value: string, lookUp: (prefix: string) => string | undefined): string => {
  const name = trimmed(value);
  const colon = name.lastIndexOf(":");
  const local = name.slice(colon + 1);
  const prefix = name.slice(0, Math.max(colon, 0));
  const namespace = colon === 0 ? undefined : lookUp(prefix);
  if (!isNcName(local) || (colon >= 0 && namespace === undefined))
    throw new Malformed("an xsi:type that is no name with a declared prefix");
  return expanded({ namespace: namespace ?? "", local });
};
