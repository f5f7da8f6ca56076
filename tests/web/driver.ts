// Answers questions about the modules of web/verifier, one line of JSON each; for the tests of this folder.
// A question is {"ask": NAME, ...}; bytes are in base64. The answer is {"answer": ...}, or {"refused": KIND, "words": ...}.
import { createInterface } from "node:readline";
import { keysOf } from "../../web/pages/p256.ts";
import { qrCode } from "../../web/pages/qr_code.ts";
import { Refused, finished, readRequest } from "../../web/pages/request.ts";
import { inWords as saidInWords } from "../../web/pages/statements.ts";
import { type Bytes, Failed, Malformed, compareText, fromBase64, hex, keccak, toBase64, unhex } from "../../web/verifier/bytes.ts";
import { type Document, Plain, compareFields, comparePlain, fieldsOf, readBeside, readDocument } from "../../web/verifier/document.ts";
import { type Field, isFormat } from "../../web/verifier/digest.ts";
import { readEntry } from "../../web/verifier/entry.ts";
import { inAscii, parseJson, printJson } from "../../web/verifier/json.ts";
import { checkPattern, patternMatches } from "../../web/verifier/patterns.ts";
import { cutPdf } from "../../web/verifier/pdf.ts";
import { fragmentOf, type Link, readFragment, seal, sealWith, shareId, unseal } from "../../web/verifier/share.ts";
import { checkP256, checkPasskey, ed25519Fits, isFullOrder, readAssertion, recoverAddress } from "../../web/verifier/signature.ts";
import { indexRoot, readIndex } from "../../web/verifier/subjects.ts";
import { checkInclusion } from "../../web/verifier/tree.ts";
import { OnlyContract, checkParty, checkSignature } from "../../web/verifier/signed.ts";
import { type Members, Origin, STATEMENTS, type StatementName, type Value, membersOf, statement } from "../../web/verifier/statement.ts";

type Question = Readonly<Record<string, unknown>>;

const textIn = (question: Question, name: string): string => {
  const found = question[name];
  if (typeof found !== "string") throw new TypeError(`${name} is no text`);
  return found;
};
const bytesIn = (question: Question, name: string): Bytes => fromBase64(textIn(question, name));

const isStatement = (name: string): name is StatementName => Object.hasOwn(STATEMENTS, name);
const statementIn = (question: Question): StatementName => {
  const name = textIn(question, "statement");
  if (!isStatement(name)) throw new TypeError(`no statement ${name}`);
  return name;
};

/** Whole numbers come as decimal text, bytes as hex, lists of bytes as lists. */
const valueIn = (type: string, given: unknown): Value => {
  if (Array.isArray(given)) return given.map((item) => unhex(String(item)));
  return type.startsWith("uint") ? BigInt(String(given)) : unhex(String(given));
};
const inWords = (value: Value): unknown => {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? hex(value) : value.map(hex);
};
const membersInWords = (name: StatementName, said: Members): Record<string, unknown> =>
  Object.fromEntries(membersOf(name).map(([, member]) => [member, inWords(said.value(member))]));

const fieldInWords = ({ path, type, value }: Field): string[] => [path, type, toBase64(value)];
const documentInWords = (document: Document): unknown => ({
  format: document.format,
  digest: hex(document.digest),
  fields: document.fields.map((field) => [...fieldInWords(field), hex(field.salt), hex(field.hash)]),
  shown: document.shown.size,
  hidden: document.hidden.map(hex),
});

const linkInWords = ({ declaration, digest, key }: Link): Record<string, string | null> =>
  ({ declaration: hex(declaration), digest: hex(digest), key: key && hex(key) });

const ANSWERS: Readonly<Record<string, (question: Question) => unknown>> = {
  keccak: (question) => hex(keccak(bytesIn(question, "data"))),
  compare: (question) => Math.sign(compareText(textIn(question, "left"), textIn(question, "right"))),
  base64: (question) => hex(fromBase64(textIn(question, "text"))),
  json: (question) => printJson(parseJson(textIn(question, "text"), { depth: 100, values: 100_000 })),
  ascii: (question) => inAscii(textIn(question, "text")),
  digest: (question) => hex(readDocument(bytesIn(question, "data")).digest),
  document: (question) => documentInWords(readDocument(bytesIn(question, "data"))),
  fields: (question) => {
    const format = textIn(question, "format");
    return isFormat(format) ? fieldsOf(format, bytesIn(question, "data")).map(fieldInWords) : null;
  },
  beside: (question) => {
    const disclosed = readDocument(bytesIn(question, "disclosed"));
    const found = readBeside(bytesIn(question, "data"), disclosed);
    if (!(found instanceof Plain)) return documentInWords(found);
    const fields = compareFields(found, disclosed).map(({ path, likeness }) => [path, likeness]);
    return { differing: comparePlain(found, disclosed), found: found.fields.size, fields };
  },
  pattern: (question) => {
    checkPattern(textIn(question, "pattern"));
    return patternMatches(readDocument(bytesIn(question, "data")), textIn(question, "pattern"));
  },
  inclusion: (question) => {
    const hashes = Array.isArray(question["proof"]) ? question["proof"].map((item) => unhex(String(item))) : [];
    const [leaf, root] = [bytesIn(question, "leaf"), bytesIn(question, "root")];
    checkInclusion(leaf, BigInt(textIn(question, "index")), BigInt(textIn(question, "size")), hashes, root);
    return true;
  },
  index: (question) => {
    const proof = readIndex(parseJson(textIn(question, "proof"), { depth: 8, values: 1_000_000 }));
    const keys = Array.isArray(question["keys"]) ? question["keys"].map((item) => unhex(String(item))) : [];
    return hex(indexRoot(proof, keys));
  },
  pdf: (question) => {
    const { evidence, wrapped, length } = cutPdf(bytesIn(question, "data"));
    return { evidence: toBase64(evidence), wrapped: wrapped === null ? null : toBase64(wrapped), length };
  },
  entry: (question) => {
    const { number, kind, time, leaf, statement: name, said, declaration, signed } = readEntry(bytesIn(question, "data"));
    const members = name === null ? { root: said.hex("root"), size: String(said.number("size")) } : membersInWords(name, said);
    return {
      number: String(number), kind, time, leaf: hex(leaf), statement: name, said: members,
      declaration: declaration === null ? null : membersInWords("Declaration", declaration),
      signed: signed.map(({ signer, signature }) => [hex(signer), hex(signature)]),
    };
  },
  id: (question) => {
    const name = statementIn(question);
    const { members } = question;
    if (!Array.isArray(members)) throw new TypeError("members is no list");
    const values = membersOf(name).map(([type], at): Value => valueIn(type, members[at]));
    return hex(Origin.parse(question["origin"]).id(name, statement(name, values)));
  },
  request: (question) => {
    const { draft, origin, signer, back, state, about } = readRequest(textIn(question, "fragment"));
    const by = signer ?? unhex(textIn(question, "signer"));
    if (draft === null) return null;
    const said = finished(draft, by);
    return {
      id: hex(origin.id(draft.type, said)), signer: hex(by), back: back.href, state, about: about.declarations.length,
      ...saidInWords(draft.type, said),
    };
  },
  keys: (question) => keysOf(bytesIn(question, "digest"), bytesIn(question, "signature")),
  qr: (question) => qrCode(textIn(question, "text")).map((row) => row.map(Number).join("")),
  separator: (question) => hex(Origin.parse(question["origin"]).separator),
  signed: (question) => {
    const origin = Origin.parse(question["origin"]);
    const [signer, digest, signature] = [bytesIn(question, "signer"), bytesIn(question, "digest"), bytesIn(question, "signature")];
    if (question["party"] === true) checkParty(origin, signer, digest, signature);
    else checkSignature(origin, signer, digest, signature);
    return origin.isPasskey(signer);
  },
  recover: (question) => recoverAddress(bytesIn(question, "digest"), bytesIn(question, "signature")),
  p256: (question) => checkP256(bytesIn(question, "key"), bytesIn(question, "digest"), bytesIn(question, "signature")) ?? true,
  passkey: (question) => {
    const [digest, signature] = [bytesIn(question, "digest"), bytesIn(question, "signature")];
    checkPasskey(bytesIn(question, "key"), digest, signature);
    const { site, inCloud } = readAssertion(digest, signature);
    return { site, inCloud };
  },
  ed25519: (question) => ed25519Fits(bytesIn(question, "key"), bytesIn(question, "message"), bytesIn(question, "signature")),
  full_order: (question) => isFullOrder(bytesIn(question, "key")),
  fragment: (question) => {
    const link = readFragment(textIn(question, "text"));
    return link && { ...linkInWords(link), again: fragmentOf(link) };
  },
  share_id: async (question) => hex(await shareId(bytesIn(question, "key"), bytesIn(question, "declaration"))),
  seal: async (question) => {
    const { id, sealed, key } = await seal(bytesIn(question, "document"), bytesIn(question, "declaration"));
    return { id: hex(id), sealed: hex(sealed), key: hex(key) };
  },
  seal_with: async (question) => {
    const [document, key] = [bytesIn(question, "document"), bytesIn(question, "key")];
    return hex(await sealWith(document, key, bytesIn(question, "declaration"), bytesIn(question, "nonce")));
  },
  unseal: async (question) => hex(await unseal(bytesIn(question, "sealed"), bytesIn(question, "key"), bytesIn(question, "declaration"))),
};

const refused = (error: unknown): string => {
  if (error instanceof Malformed || error instanceof Failed || error instanceof OnlyContract) return error.name;
  if (error instanceof Refused) return "Refused";
  return `broken: ${error instanceof Error ? error.stack : String(error)}`;
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let said: object;
  try {
    const question: Question = JSON.parse(line);
    said = { answer: (await ANSWERS[textIn(question, "ask")]?.(question)) ?? null };
  } catch (error) {
    said = { refused: refused(error), words: error instanceof Error ? error.message : "" };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
