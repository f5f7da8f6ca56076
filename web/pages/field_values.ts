// The value of a field as people read it.
import { number, say } from "./words.ts";

/** What a field of this type says; what is empty or no text says so. `text`: of the type `x`, how many bytes. */
export function valueInWords(type: string, text: string): string {
  switch (type) {
    case "x": return say("%(count)s bytes", { count: number(Number(text)) });
    case "z": return say("nothing (null)");
    default: return text === "" ? say("empty") : text;
  }
}
