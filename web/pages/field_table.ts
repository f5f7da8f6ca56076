// The fields that were read from a document, before it is declared.
import { valueInWords } from "./field_values.ts";
import type { Held } from "./reader.ts";
import { foreign, make } from "./show.ts";
import { say, sayMany } from "./words.ts";

const SHOWN = 200;

/** The first fields, and how many more there are. */
export function fieldTable(held: Held): HTMLElement {
  const rows = held.paths.slice(0, SHOWN).map((path, at) =>
    make("tr", [make("th", foreign(held.words[at] || path), { scope: "row" }), make("td", foreign(valueInWords(held.types[at] ?? "", held.values[at] ?? "")))]));
  const left = held.paths.length - rows.length, name = say("Fields that the declaration binds");
  const table = make("table", [
    make("caption", name),
    make("thead", make("tr", [make("th", say("Field"), { scope: "col" }), make("th", say("Says"), { scope: "col" })])),
    make("tbody", rows),
  ]);
  const scroll = make("div", table, { class: "scroll", tabindex: "0", role: "region", "aria-label": name });
  return make("div", [scroll, left > 0 ? make("p", sayMany("And %(num)s more.", "And %(num)s more.", left)) : []]);
}
