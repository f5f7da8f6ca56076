// Answers questions about what the browser makes of documents, one JSON object a line: tests/web/composing.py asks them.
import { createInterface } from "node:readline";
import { hex, unhex } from "../../web/verifier/bytes.ts";
import { isFormat } from "../../web/verifier/digest.ts";
import { readDocument, splitWrapped } from "../../web/verifier/document.ts";
import { recognise, sniff } from "../../web/verifier/recognise.ts";
import { discloseIn, redact, redactedFile } from "../../web/verifier/redact.ts";
import { newSeed, wrap, wrappedFile } from "../../web/verifier/wrap.ts";

interface Question {
  readonly what: string;
  readonly data: string;
  readonly name: string;
  readonly format?: string;
  readonly seed?: string;
  readonly hide?: readonly string[];
  readonly evidence?: string;
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

const base64 = (data: Uint8Array): string => Buffer.from(data).toString("base64");

function answer({ what, data, name, format, seed = "", hide = [], evidence = "" }: Question): unknown {
  switch (what) {
    case "recognise": return { type: recognise(bytes(data)), format: sniff(bytes(data), name) };
    case "seeds": return Array.from({ length: 3 }, () => hex(newSeed()));
    case "wrap": {
      if (!isFormat(format)) throw new Error("no format");
      const wrapped = { format, seed: unhex(seed), content: bytes(data) };
      return { digest: hex(wrap(format, wrapped.seed, wrapped.content).digest), file: base64(wrappedFile(wrapped)) };
    }
    case "unwrap": return base64(wrappedFile(splitWrapped(bytes(data))));
    case "redact": {
      const made = redact(readDocument(bytes(data)), (path) => !hide.includes(path));
      return { digest: hex(made.digest), file: base64(redactedFile(made)) };
    }
    case "disclose": {
      const made = redact(readDocument(bytes(data)), (path) => !hide.includes(path));
      return { file: base64(discloseIn(bytes(evidence), made)) };
    }
    default: throw new Error(`unknown question: ${what}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const question: Question = JSON.parse(line);
  let said: unknown;
  try {
    said = answer(question);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "Malformed") throw error;
    said = { malformed: error.message };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
