// Well-formed XML 1.0 with namespaces (third edition), without document type declarations, read in one pass.
//
// Strict where readers differ: names of the fourth edition, no declaration of another version. Without a document type
// declaration there are five entities and no external references, so nothing grows and nothing is fetched.
import { Malformed } from "./bytes.ts";
import { NCNAME } from "./xml_names.ts";

export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

/** A name with its namespace, which is empty where there is none. */
export interface XmlName {
  readonly namespace: string;
  readonly local: string;
}

/** An attribute that is no namespace declaration. */
export interface XmlAttribute extends XmlName {
  readonly value: string;
}

/** What stands between two pieces of text without a tag between them. */
export type Border = "comment" | "instruction" | "[" | "]";

/** What a document consists of, told in its order. Character data comes in pieces, and only within the root. */
export interface XmlHandler {
  /** `lookUp`: the namespace of a prefix here, that of no prefix for the empty text, undefined if not declared. */
  open(name: XmlName, attributes: readonly XmlAttribute[], lookUp: (prefix: string) => string | undefined): void;
  close(): void;
  text(text: string): void;
  /** A comment, or the beginning or end of a CDATA section. */
  border(border: Border): void;
  instruction(target: string, data: string): void;
}

/**
 * Read a document.
 *
 * @param text without byte order mark
 * @param encoding that of the bytes, in upper case; the XML declaration may state it
 */
export const readXml = (text: string, encoding: string, handler: XmlHandler): void =>
  new Reader(text.replace(/\r\n?/g, "\n"), encoding, handler).document();

const NOT_A_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const SPACE = /[ \t\n]*/y;
const NAME = new RegExp(NCNAME, "y");
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(["'])([^"'<&]*)\1(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(["'])([A-Za-z][A-Za-z0-9._-]*)\3)?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const REFERENCE = /&(?:(amp|lt|gt|apos|quot)|#0*([0-9]{1,7})|#x0*([0-9a-fA-F]{1,6}));/y;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"], ["lt", "<"], ["gt", ">"], ["apos", "'"], ["quot", '"'],
]);

class Reader {
  private at = 0;
  /** The names of the open elements as they are written, and what each declares. */
  private readonly open: { readonly name: string; readonly declared: ReadonlyMap<string, string> | null }[] = [];
  /** Namespaces by prefix, the innermost last. */
  private readonly scopes = new Map<string, string[]>([["xml", [XML_NAMESPACE]]]);

  constructor(private readonly source: string, private readonly encoding: string, private readonly handler: XmlHandler) {
    const at = source.search(NOT_A_CHARACTER);
    if (at >= 0) this.fail("a character that no document may have", at);
  }

  document(): void {
    this.declaration();
    let hasRoot = false;
    while (this.at < this.source.length) {
      const begin = this.at;
      if (this.blank() > begin) continue;
      if (this.source[begin] !== "<") this.fail("text outside the root element");
      if (this.source.startsWith("<!DOCTYPE", begin))
        this.fail("a document type declaration, which is refused with all entities");
      if (this.instruction() || this.comment()) continue;
      if (hasRoot) this.fail("a second root element, or something else after the first");
      hasRoot = true;
      this.root();
    }
    if (!hasRoot) this.fail("no root element");
  }

  private declaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.source)) return;
    DECLARATION.lastIndex = 0;
    const match = DECLARATION.exec(this.source);
    if (match === null) return this.fail("an XML declaration in the wrong form");
    const [whole, , version, , stated = this.encoding] = match;
    const name = stated.toUpperCase() === "UTF8" ? "UTF-8" : stated.toUpperCase();
    if (version !== "1.0") this.fail("another version than XML 1.0");
    // UTF-16 stands for both byte orders.
    if (name !== this.encoding && name !== this.encoding.slice(0, 6))
      this.fail(`the XML declaration states another encoding than that of the bytes, ${this.encoding}`);
    this.at = whole.length;
  }

  /** The root element, to its end tag. */
  private root(): void {
    this.startTag();
    while (this.open.length > 0) {
      if (this.source[this.at] !== "<") this.characterData();
      else if (this.source[this.at + 1] === "/") this.endTag();
      else if (!this.section() && !this.comment() && !this.instruction()) this.startTag();
    }
  }

  // ------------------------------------------------------------------------------------------------------------- tags

  private startTag(): void {
    const begin = this.at++;
    const [prefix, local, name] = this.qualifiedName();
    const written = new Map<string, string>();
    let isEmpty = false;
    for (;;) {
      const before = this.at;
      this.blank();
      if (this.take(">")) break;
      if (this.take("/>")) {
        isEmpty = true;
        break;
      }
      if (this.at === before) this.fail("white space, > or /> was expected");
      const [, , attribute] = this.qualifiedName();
      if (written.has(attribute)) this.fail("an attribute that its element has already");
      this.blank();
      if (!this.take("=")) this.fail("= was expected");
      this.blank();
      written.set(attribute, this.attributeValue());
    }
    const end = this.at;
    this.at = begin; // where errors of names are
    this.open.push({ name, declared: this.declare(written) });
    const attributes = this.attributesOf(written);
    this.handler.open({ namespace: this.namespaceOf(prefix), local }, attributes, (said) => this.scopes.get(said)?.at(-1));
    this.at = end;
    if (isEmpty) this.closeElement();
  }

  private endTag(): void {
    this.at += 2;
    const begin = this.at;
    const [, , name] = this.qualifiedName();
    if (name !== this.open.at(-1)?.name) this.fail("an end tag of another element", begin);
    this.blank();
    if (!this.take(">")) this.fail("> was expected");
    this.closeElement();
  }

  private closeElement(): void {
    this.handler.close();
    for (const prefix of this.open.pop()?.declared?.keys() ?? []) this.scopes.get(prefix)?.pop();
  }

  /** The namespaces that an element declares come into force, by prefix; null if there are none. */
  private declare(written: ReadonlyMap<string, string>): ReadonlyMap<string, string> | null {
    let declared: Map<string, string> | null = null;
    for (const [name, namespace] of written) {
      if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
      const prefix = name.slice("xmlns:".length);
      if (prefix === "xmlns" || (prefix === "xml") !== (namespace === XML_NAMESPACE) || namespace === XMLNS_NAMESPACE)
        this.fail("a reserved prefix or namespace");
      if (prefix !== "" && namespace === "") this.fail("a prefix without namespace");
      declared ??= new Map();
      declared.set(prefix, namespace);
      const scope = this.scopes.get(prefix);
      if (scope === undefined) this.scopes.set(prefix, [namespace]);
      else scope.push(namespace);
    }
    return declared;
  }

  private attributesOf(written: ReadonlyMap<string, string>): XmlAttribute[] {
    const found: XmlAttribute[] = [];
    const seen = new Set<string>();
    for (const [name, value] of written) {
      const colon = name.indexOf(":");
      const prefix = name.slice(0, Math.max(colon, 0));
      if (name === "xmlns" || prefix === "xmlns") continue;
      const local = name.slice(colon + 1);
      const namespace = prefix === "" ? "" : this.namespaceOf(prefix);
      const expanded = `${local} ${namespace}`; // a local name has no space
      if (seen.has(expanded)) this.fail("an attribute that its element has already");
      seen.add(expanded);
      found.push({ namespace, local, value });
    }
    return found;
  }

  private namespaceOf(prefix: string): string {
    const found = this.scopes.get(prefix)?.at(-1);
    return found ?? (prefix === "" ? "" : this.fail("a prefix that is not declared"));
  }

  /** A name with or without prefix: prefix, local name, and both as written. */
  private qualifiedName(): [prefix: string, local: string, written: string] {
    const first = this.name();
    if (!this.take(":")) return ["", first, first];
    const local = this.name();
    return [first, local, `${first}:${local}`];
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const found = NAME.exec(this.source)?.[0] ?? this.fail("no name that the fourth edition of XML 1.0 permits");
    this.at += found.length;
    return found;
  }

  private attributeValue(): string {
    const quote = this.source[this.at];
    if (quote !== '"' && quote !== "'") return this.fail("a value in quotes was expected");
    const begin = this.at + 1;
    const end = this.source.indexOf(quote, begin);
    if (end < 0) return this.fail("a value without end");
    const value = this.source.slice(begin, end);
    const wrong = value.indexOf("<");
    if (wrong >= 0) this.fail("< in a value", begin + wrong);
    this.at = end + 1;
    return this.resolved(value, begin, (text) => text.replace(/[\t\n]/g, " "));
  }

  // ---------------------------------------------------------------------------------------------------- between tags

  private characterData(): void {
    const begin = this.at;
    const next = this.source.indexOf("<", begin);
    if (next < 0) this.fail("the document ends within an element", this.source.length);
    const text = this.source.slice(begin, next);
    const wrong = text.indexOf("]]>");
    if (wrong >= 0) this.fail("]]> in text", begin + wrong);
    this.at = next;
    this.handler.text(this.resolved(text, begin, (said) => said));
  }

  private section(): boolean {
    if (!this.take("<![CDATA[")) return false;
    const text = this.upTo("]]>");
    this.handler.border("[");
    if (text !== "") this.handler.text(text);
    this.handler.border("]");
    return true;
  }

  private comment(): boolean {
    if (!this.take("<!--")) return false;
    this.upTo("--");
    if (!this.take(">")) this.fail("-- in a comment");
    this.handler.border("comment");
    return true;
  }

  private instruction(): boolean {
    if (!this.take("<?")) return false;
    const target = this.name();
    if (target.toLowerCase() === "xml") this.fail("an instruction of a reserved name, or a declaration not at the beginning");
    const before = this.at;
    if (this.blank() === before && !this.source.startsWith("?>", before)) this.fail("white space or ?> was expected");
    this.handler.instruction(target, this.upTo("?>"));
    return true;
  }

  // ---------------------------------------------------------------------------------------------------------- pieces

  /** A text with its references resolved; `plainly` is done to what stands between them. `begin`: where it stands. */
  private resolved(text: string, begin: number, plainly: (text: string) => string): string {
    let next = text.indexOf("&");
    if (next < 0) return plainly(text);
    let found = "";
    let at = 0;
    for (; next >= 0; next = text.indexOf("&", at)) {
      found += plainly(text.slice(at, next));
      REFERENCE.lastIndex = next;
      const match = REFERENCE.exec(text);
      if (match === null) return this.fail("a reference to what is not there", begin + next);
      const [whole, entity, decimal, hexadecimal] = match;
      found += entity === undefined ? this.referred(decimal, hexadecimal, begin + next) : (ENTITIES.get(entity) ?? "");
      at = next + whole.length;
    }
    return found + plainly(text.slice(at));
  }

  private referred(decimal: string | undefined, hexadecimal: string | undefined, at: number): string {
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "0", 16) : Number.parseInt(decimal, 10);
    const found = code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? "\0" : String.fromCodePoint(code);
    return NOT_A_CHARACTER.test(found) ? this.fail("a reference to a character that no document may have", at) : found;
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** What stands before the next `end`, which is passed over too. */
  private upTo(end: string): string {
    const next = this.source.indexOf(end, this.at);
    if (next < 0) this.fail(`${end} is missing`);
    const found = this.source.slice(this.at, next);
    this.at = next + end.length;
    return found;
  }

  /** White space is passed over; where it ends. */
  private blank(): number {
    SPACE.lastIndex = this.at;
    SPACE.test(this.source);
    this.at = SPACE.lastIndex;
    return this.at;
  }

  private fail(what: string, at = this.at): never {
    const before = this.source.slice(0, at);
    const line = before.split("\n").length;
    throw new Malformed(`not well-formed XML: ${what}: line ${line}, column ${at - before.lastIndexOf("\n")}`);
  }
}
