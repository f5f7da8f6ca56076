// The reader of documents, which is fetched when the first file is chosen: `reader.js` holds it.
import type { Held } from "./reader.ts";
import type { Format } from "../verifier/digest.ts";

export type { Held } from "./reader.ts";

// The script that reads names it, since its address changes with its content.
const READER = document.currentScript?.dataset["reader"] ?? "/portal/static/reader.js";

/** Why a file cannot be taken: its words are for who chose it. */
export class Unreadable extends Error {
  override readonly name: string = "Unreadable";
}

/** Read a file in this browser. `format`: what its owner says that it is; else what it seems to be. Unreadable if it cannot be read so. */
export async function readFile(file: File, format?: Format): Promise<Held> {
  const reader: typeof import("./reader.ts") = await import(READER);
  const found = await reader.hold(file, format);
  if ("problem" in found) throw new Unreadable(found.problem);
  return found;
}
