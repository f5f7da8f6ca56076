// The document type by what a document says of itself: its root element, a type code inside, the message name, a member.
// The same rules and tables as ledger/core/statements/recognition.py. A wrong type would be signed: what does not say
// its type is not guessed, and a file's name never counts.
import { Malformed } from "./bytes.ts";
import type { Format } from "./digest.ts";
import { type XmlName, readXml } from "./xml.ts";
import tables from "./recognition.json" with { type: "json" };

const LOOK = 1 << 16; // bytes of an XML document or a message that are looked at: the type stands near the top
const MOST_TAGS = 400;
const MOST_DEPTH = 5;
const UBL = /^urn:oasis:names:(?:specification:ubl:schema|tc:ubl):xsd:(\w+?)(?:-|:)[\d.]+/;
const CEFACT = ["urn:un:unece:uncefact:data:", "urn:ferd:CrossIndustryDocument:"];
const MARKUP = /^\ufeff?[ \t\r\n]*([{[<])/;

type Code = number | null;
type Members = Record<string, unknown>;

/** The format that a file seems to have: by a name that ends in .json or .xml, else by its first character. */
export function sniff(data: Uint8Array, name: string): Format {
  const ending = /\.(json|xml)$/.exec(name.toLowerCase())?.[1];
  if (ending === "json" || ending === "xml") return ending;
  const [, mark] = MARKUP.exec(beginning(data).text) ?? [];
  return mark === undefined ? "opaque" : mark === "<" ? "xml" : "json";
}

/** The document type (UNCL 1001) that a document says it is of; null if it does not say it. */
export function recognise(data: Uint8Array): Code {
  const format = sniff(data, "");
  if (format === "xml") {
    const { text, encoding } = beginning(data);
    return byRoot(text, encoding);
  }
  return format === "json" ? byMembers(data) : byMessage(data);
}

/** The first bytes as text, in the encoding that they show. */
function beginning(data: Uint8Array): { readonly text: string; readonly encoding: string } {
  const [first, second] = data;
  const encoding =
    (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0) ? "UTF-16LE"
    : (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? "UTF-16BE"
    : "UTF-8";
  return { text: new TextDecoder(encoding).decode(data.subarray(0, LOOK)), encoding };
}

// --------------------------------------------------------------------------------------------------------------- XML

/** The root of an XML document, and the texts near its top by their path of local names. */
interface Top {
  root: string;
  namespace: string;
  texts: Map<string, string>;
}

class Enough extends Error {}

function topOf(content: string, encoding: string): Top {
  const top: Top = { root: "", namespace: "", texts: new Map() };
  const path: string[] = [];
  let tags = 0, text = "";
  try {
    readXml(content, encoding, {
      open({ local, namespace }: XmlName): void {
        if (top.root === "") [top.root, top.namespace] = [local, namespace];
        if (++tags > MOST_TAGS) throw new Enough();
        path.push(local);
        text = "";
      },
      close(): void {
        const name = path.slice(1).join("/");
        if (path.length <= MOST_DEPTH && !top.texts.has(name)) top.texts.set(name, text.trim());
        path.pop();
        text = "";
      },
      text(said): void { text += said; },
      border(): void {},
      instruction(): void {},
    });
  } catch (error) {
    // What was seen until something is wrong, or the look ends, is what there is.
    if (!(error instanceof Enough || error instanceof Malformed)) throw error;
  }
  return top;
}

function byRoot(content: string, encoding: string): Code {
  const top = topOf(content.replace(/^\ufeff/, ""), encoding);
  const { root, namespace, texts } = top;
  if (root === "") return null;
  const ubl = UBL.exec(namespace)?.[1];
  if (ubl !== undefined) return codeAt(texts, tables.ubl_codes) ?? of(tables.ubl_types, ubl) ?? of(tables.ubl_types, root);
  if (CEFACT.some((start) => namespace.startsWith(start))) {
    const paths = [...texts.keys()].filter((path) => /^\w*ExchangedDocument\/TypeCode$/.test(path));
    return codeAt(texts, paths) ?? of(tables.cefact_types, root);
  }
  const customs = ofWco(top);
  if (customs !== undefined) return customs;
  const message = ofNcts(root);
  if (message !== undefined) return message;
  return codeAt(texts, ["documentType", "DocumentType", "DocumentTypeCode", "TypeCode"]) ?? typeCalled(root);
}

/** A declaration or a response of the WCO Data Model; undefined for anything else. */
function ofWco({ root: name, namespace, texts }: Top): Code | undefined {
  const root = name.replace(/^[_0-9]+/, ""); // tools that read forms write `_2MetaData`
  let around: string | undefined; // an envelope may stand around the message
  for (const path of texts.keys()) {
    const inside = /^((?:.*\/)?MetaData\/(?:Declaration|Response)\/)/.exec(`${root}/${path}`)?.[1];
    if (inside === undefined) continue;
    around = inside.startsWith(`${root}/`) ? inside.slice(root.length + 1) : inside;
    break;
  }
  if (around === undefined && !namespace.startsWith("urn:wco:datamodel:")) return undefined;
  const before = around ?? "";
  const stated = texts.get(`${before}FunctionCode`) ?? "";
  if (before.endsWith("Response/") || root === "Response")
    return stated === "" ? undefined : of(tables.wco_responses, stated.padStart(2, "0")) ?? 961;
  const type = texts.get(`${before}TypeCode`) ?? "";
  return codeOf(type) ?? { IM: 929, EX: 830 }[type.slice(0, 2)] ?? null;
}

/** A message of the transit system NCTS, by its name; undefined for anything else. */
function ofNcts(name: string): Code | undefined {
  const message = /^CC(\d{3})[A-Z]$/.exec(name)?.[1];
  return message === undefined ? undefined : of(tables.ncts_types, message);
}

function codeAt(texts: ReadonlyMap<string, string>, paths: readonly string[]): Code {
  for (const path of paths) {
    const code = codeOf(texts.get(path));
    if (code !== null) return code;
  }
  return null;
}

// -------------------------------------------------------------------------------------------------------------- JSON

function byMembers(data: Uint8Array): Code {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    return byMessage(data);
  }
  if (!isObject(value)) return null;
  const shipping = ofDcsa(value);
  return shipping === undefined ? byNames(value) : shipping;
}

/** A message of the Digital Container Shipping Association; undefined for anything else. */
function ofDcsa(value: Members): Code | undefined {
  const has = (name: string): boolean => Object.hasOwn(value, name);
  if (has("transportDocumentTypeCode")) {
    if (!has("transportDocumentReference")) return 340;
    return { BOL: 705, SWB: 710 }[String(value["transportDocumentTypeCode"])] ?? null;
  }
  if (has("arrivalNotices") || has("arrivalNoticeNotifications")) return 781;
  if (has("receiptTypeAtOrigin") && has("cargoMovementTypeAtOrigin")) return value["bookingStatus"] === "CONFIRMED" ? 770 : 335;
  return undefined;
}

function byNames(value: Members): Code {
  for (const member of tables.code_members) {
    const code = codeOf(value[member]);
    if (code !== null) return code;
  }
  for (const name of namesIn(value)) {
    if (/^CBP(?:3461Entry|7501EntrySummary|Section321DeMinimis)Credential$/.test(name)) return 929;
    const message = ofNcts(name.slice(name.lastIndexOf(":") + 1));
    if (message !== undefined) return message;
    const code = typeCalled(name);
    if (code !== null) return code;
  }
  // By the one number that it has, such as `invoiceNumber`; with several, one may be of another document.
  const numbered = Object.keys(value).flatMap((name) => /^(.+?)_?(?:[Nn]umber|NUMBER|[Nn]o|[Rr]eference|[Ii]d|ID)$/s.exec(name)?.[1] ?? []);
  return numbered.length === 1 && numbered[0] !== undefined ? typeCalled(numbered[0]) : null;
}

/** What a JSON document calls itself. */
function* namesIn(value: Members): Generator<string> {
  const template = value["$template"];
  if (isObject(template) && typeof template["name"] === "string") yield template["name"];
  for (const holder of [value, value["credentialSubject"]]) {
    if (!isObject(holder)) continue;
    const types = Object.hasOwn(holder, "@type") ? holder["@type"] : holder["type"];
    for (const name of Array.isArray(types) ? types : [types]) if (typeof name === "string") yield name;
  }
  const context = value["@context"];
  for (const name of Array.isArray(context) ? context : [])
    if (typeof name === "string") yield name.slice(name.lastIndexOf("/") + 1).replace(/\.json$/, "").replace(/-context$/, "");
  for (const member of tables.name_members) {
    const name = value[member];
    if (typeof name === "string") yield name;
  }
  const holders = Object.entries(value).filter(([name, held]) => typeof held === "object" && held !== null && !name.startsWith("@"));
  if (holders.length === 1 && holders[0] !== undefined) yield holders[0][0];
}

// ------------------------------------------------------------------------------------------------------------ others

function byMessage(data: Uint8Array): Code {
  const text = new TextDecoder("latin1").decode(data.subarray(0, LOOK)).replace(/^[\u00ef\u00bb\u00bf \t\r\n]+/, "");
  if (/^UN[ABH]/.test(text)) return byInterchange(text);
  if (text.startsWith("ISA")) {
    const between = text.slice(3, 4).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    const message = new RegExp(`[~\\r\\n]\\s*ST${between}(\\d{3})${between}`).exec(text)?.[1];
    if (message !== undefined) return of(tables.x12_types, message);
  }
  if (text.startsWith("{1:")) return /^7[012]0$/.test(/\{2:[IO](\d{3})/.exec(text)?.[1] ?? "") ? 465 : null;
  return null;
}

/** An interchange of UN/EDIFACT: the first message's name, and its document name code (segment BGM). */
function byInterchange(text: string): Code {
  const own = text.startsWith("UNA");
  const part = own ? text.charAt(3) : ":", element = own ? text.charAt(4) : "+", end = own ? text.charAt(8) : "'";
  const segments = text.replace(/[\r\n]/g, "").split(end).map((segment) => segment.trim().split(element));
  const message = segments.find(([name, , type]) => name === "UNH" && type !== undefined)?.[2]?.split(part)[0];
  if (message === undefined) return null;
  const named = segments.find(([name, code]) => name === "BGM" && code !== undefined)?.[1]?.split(part)[0];
  return codeOf(named) ?? of(tables.edifact_types, message);
}

// ------------------------------------------------------------------------------------------------------------- codes

/** Whether this is a code of UNCL 1001, or one of our own. */
export const isDocumentType = (code: number): boolean =>
  tables.type_codes.some(([first = 1, last = 0]) => first <= code && code <= last);

/** A UNCL 1001 code, as number or text; null if it is none. */
function codeOf(value: unknown): Code {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^\s*[0-9]{1,4}\s*$/.test(text)) return null;
  return isDocumentType(Number(text)) ? Number(text) : null;
}

const wordsOf = (text: string): string[] => text.toLowerCase().replaceAll("_", " ").match(/[\p{L}\p{N}]+/gu) ?? [];

/** The document type that an identifier names, such as 705 for BILL_OF_LADING_BIMCO; null if it names none surely. */
export function typeCalled(identifier: string): Code {
  const humps = identifier.slice(0, 120).replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ");
  const words = wordsOf(humps);
  for (let last = words.at(-1); last !== undefined && (tables.around.includes(last) || /^v?\d+$/.test(last)); last = words.at(-1)) words.pop();
  const name = words.join(" ");
  const exact = of(tables.called, name);
  if (exact !== null) return exact;
  const known = Object.keys(tables.called);
  const ends = known.filter((one) => (one.includes(" ") || tables.endings.includes(one)) && name.endsWith(` ${one}`));
  const begins = known.filter((one) => one.includes(" ") && name.startsWith(`${one} `));
  const longest = (ends.length > 0 ? ends : begins).reduce((best, one) => (one.length > best.length ? one : best), "");
  if (longest === "" || name.replaceAll(longest, "").split(/\s+/).some((word) => tables.about.includes(word))) return null;
  return of(tables.called, longest);
}

const of = (table: Readonly<Record<string, number>>, name: string): Code => (Object.hasOwn(table, name) ? table[name] ?? null : null);

const isObject = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);
