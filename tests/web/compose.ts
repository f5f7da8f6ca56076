// Answers questions about what the browser makes of documents, one JSON object a line: tests/web/composing.py asks them.
import { createInterface } from "node:readline";
import { recognise, sniff } from "../../web/verifier/recognise.ts";

interface Question {
  readonly what: string;
  readonly data: string;
  readonly name: string;
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

function answer({ what, data, name }: Question): unknown {
  switch (what) {
    case "recognise": return { type: recognise(bytes(data)), format: sniff(bytes(data), name) };
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
