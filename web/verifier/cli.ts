// The verifier as a program, for tests. evidence-format.md, "The program": the same options, JSON and exit codes.
//
//     node web/made/verifier.mjs EVIDENCE [--document FILE] [--trust FILE or FOLDER] [--policy FILE]
//                                         [--at TIME] [--clock TIME] [--json]
//     node web/made/verifier.mjs --lines
//
// With --lines, each line of standard input is a question, a JSON object: "evidence", "document", "trust" and "policy"
// in base64 or null, of a folder of trust roots an object of these; "at" in seconds or null, and "clock" in seconds.
// Each line of standard output is a verdict, or {"error"}. Without evidence, the answer is how the document is read,
// wrapped or redacted: {"digest", "fields"}, hashes in hex by path.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type Bytes, Malformed, compareText, hex } from "./bytes.ts";
import { readDocument } from "./document.ts";
import { type Files, readFiles } from "./question.ts";
import { toJson } from "./to_json.ts";
import type { Verdict } from "./verdict.ts";
import type { Times } from "./verification.ts";
import { verify } from "./verify.ts";

const EXIT_CODES = { GOOD: 0, NOT_GOOD: 1, UNDECIDED: 3 } as const;
const NO_VERDICT = 2;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

const main = (): void => {
  const text = { type: "string" } as const;
  const yes = { type: "boolean" } as const;
  const options = { document: text, trust: text, policy: text, at: text, clock: text, json: yes, lines: yes };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [evidence, ...more] = positionals;
  if (values.lines === true) {
    answerLines();
    return;
  }
  if (evidence === undefined || more.length > 0) throw new Malformed("name one file of evidence");
  const now = Math.floor(Date.now() / 1000);
  const times = { at: readTime(values.at), clock: readTime(values.clock) ?? now };
  const verdict = answer(
    {
      evidence: readFile(evidence),
      document: values.document === undefined ? null : readFile(values.document),
      trust: values.trust === undefined ? null : readTrusts(values.trust),
      policy: values.policy === undefined ? null : readFile(values.policy),
    },
    times,
  );
  console.log(toJson(verdict));
  process.exitCode = EXIT_CODES[verdict.conclusion];
};

const answer = (files: Files, times: Times): Verdict => verify(readFiles(files), times);

const readFile = (path: string): Bytes => {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    throw new Malformed(`${path} cannot be read`);
  }
};

const readTrusts = (path: string): Files["trust"] => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return readFile(path);
  const names = readdirSync(path, { withFileTypes: true }).filter((item) => item.isFile()).map((item) => item.name);
  const wanted = names.filter((name) => name.endsWith(".json") && !name.startsWith(".")).sort(compareText);
  return new Map(wanted.map((name) => [name, readFile(join(path, name))]));
};

const readTime = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  // A day that does not exist is read as another one, which is printed otherwise.
  if (!(time >= 0) || new Date(time).toISOString().slice(0, 19) !== text.slice(0, 19))
    throw new Malformed("a time looks like 2026-11-22T10:00:00Z");
  return time / 1000;
};

const errorOf = (error: unknown): string => {
  if (error instanceof Malformed) return `malformed: ${error.message}`;
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `this verifier failed, and decided nothing: ${words}`;
};

const answerLines = (): void => {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on("line", (line) => {
    let said: string;
    try {
      said = toJson(answerLine(line));
    } catch (error) {
      said = toJson({ error: errorOf(error) });
    }
    console.log(said);
  });
};

interface Reading {
  readonly digest: string;
  readonly fields: Readonly<Record<string, string>>;
}

const answerLine = (line: string): Verdict | Reading => {
  const members = new Map<string, unknown>(Object.entries(JSON.parse(line)));
  const file = (name: string): Bytes | null => bytesIn(members.get(name));
  const given = members.get("trust");
  const trust = typeof given === "object" && given !== null ? folderIn(given) : bytesIn(given);
  const evidence = file("evidence");
  const document = file("document");
  if (evidence === null) return reading(document ?? new Uint8Array());
  const files = { evidence, document, trust, policy: file("policy") };
  const at = members.get("at");
  return answer(files, { at: typeof at === "number" ? at : null, clock: Number(members.get("clock")) });
};

const reading = (data: Bytes): Reading => {
  const { digest, fields } = readDocument(data);
  return { digest: hex(digest), fields: Object.fromEntries(fields.map(({ path, hash }) => [path, hex(hash)])) };
};

const bytesIn = (text: unknown): Bytes | null =>
  typeof text === "string" ? new Uint8Array(Buffer.from(text, "base64")) : null;

const folderIn = (files: object): ReadonlyMap<string, Bytes> =>
  new Map(Object.entries(files).map(([name, text]) => [name, bytesIn(text) ?? new Uint8Array()]));

try {
  main();
} catch (error) {
  console.log(toJson({ error: errorOf(error) }));
  process.exitCode = NO_VERDICT;
}
