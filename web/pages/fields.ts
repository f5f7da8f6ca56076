// What the document says: the fields that the digest binds, and nothing else. Of 100,000 fields, some hundred are shown
// at a time.
import type { Report, ShownFields } from "./report.ts";
import { code, type Content, foreign, make, table } from "./show.ts";
import { number, say, sayMany } from "./words.ts";

const FIRST = 100;
const MORE = 1_000;
const SEARCH_FROM = 20; // with fewer fields, nobody needs to search

/** One more column: its title, and its cell for the field at an index, whose name is given. */
export interface Column {
  readonly title: string;
  readonly cell: (at: number, name: string) => Content;
}

/** The fields of the declared document that are shown, or how a plain file differs from it. */
export function whatItSays(report: Report, more: Column | null = null): Content {
  const { shown, comparison } = report;
  return [
    comparison === null ? [] : make("section", [
      make("h2", say("Your file beside the evidence")),
      make("p", say("The same: %(same)s fields. Different, missing or added: %(bad)s. Cannot be compared: %(unknown)s.", {
        same: number(comparison.same), bad: number(comparison.differing), unknown: number(comparison.unknown),
      })),
      comparison.rows.length === 0 ? [] : wide(
        say("Fields that differ"),
        table(say("Fields that differ"), [say("Field"), say("As declared"), say("In your file")],
          comparison.rows.map((row) => [[foreign(row.words), " ", code(row.path)], valueOf(row.declared), valueOf(row.found)])),
      ),
      comparison.differing > comparison.rows.length ? make("p", say("And %(count)s more.", { count: number(comparison.differing - comparison.rows.length) })) : [],
    ]),
    shown === null ? [] : fields(shown, more),
  ];
}

function fields(shown: ShownFields, more: Column | null): HTMLElement {
  const count = shown.paths.length;
  const note = shown.hidden === 0
    ? sayMany("The document has one field, and it is here.", "All %(num)s fields of the document are here.", count)
    : say("Fields shown: %(shown)s. Fields hidden: %(hidden)s. Nothing is known of what a hidden field says.", { shown: number(count), hidden: number(shown.hidden) });
  const list = new FieldList(shown, more);
  return make("section", [make("h2", say("What the document says")), make("p", note), count === 0 ? [] : list.element]);
}

/** A table that grows on demand, with a search and a switch for exact paths. */
class FieldList {
  readonly element = make("div");
  private readonly body = make("tbody");
  private readonly state = make("p", [], { role: "status" });
  private readonly more = make("button", say("Show more fields"), { type: "button", class: "second" });
  private matching: readonly number[];
  private rows = 0;
  private exact = false;

  constructor(private readonly shown: ShownFields, private readonly column: Column | null) {
    this.matching = [...shown.paths.keys()];
    const head = make("tr", [make("th", say("Field"), { scope: "col" }), make("th", say("Says"), { scope: "col" }), column === null ? [] : make("th", column.title, { scope: "col" })]);
    const all = make("table", [make("caption", say("Fields that are proven")), make("thead", head), this.body]);
    this.more.addEventListener("click", () => {
      const next = this.rows;
      this.extend(MORE);
      this.body.rows.item(next)?.querySelector("th")?.focus();
    });
    const controls = make("div", [shown.paths.length < SEARCH_FROM ? [] : this.search(), this.switch()], { class: "row" });
    this.element.append(controls, this.state, wide(say("Fields that are proven"), all), this.more);
    this.extend(FIRST);
  }

  private search(): HTMLElement {
    const input = make("input", [], { type: "search", id: "search" });
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const { words, values, paths } = this.shown;
      this.matching = [...paths.keys()].filter((at) => wanted === "" || [words[at], values[at]].some((text) => text?.toLowerCase().includes(wanted)));
      this.state.textContent = wanted === "" ? "" : say("Found: %(count)s", { count: number(this.matching.length) });
      this.again();
    });
    return make("div", [make("label", say("Find in the fields"), { for: "search" }), input]);
  }

  private switch(): HTMLElement {
    const input = make("input", [], { type: "checkbox", id: "exact" });
    input.addEventListener("change", () => {
      this.exact = input.checked;
      this.again();
    });
    return make("div", make("label", [input, say("Show the exact paths too")], { for: "exact" }), { class: "choices" });
  }

  private again(): void {
    this.rows = 0;
    this.body.replaceChildren();
    this.extend(FIRST);
  }

  private extend(count: number): void {
    const { paths, words, types, values } = this.shown;
    for (const at of this.matching.slice(this.rows, this.rows + count)) {
      const name = words[at] === "" ? say("The content") : (words[at] ?? "");
      const head = make("th", [foreign(name), this.exact ? [make("br"), code(paths[at] ?? "")] : []], { scope: "row", tabindex: "-1" });
      const more = this.column === null ? [] : make("td", this.column.cell(at, name));
      this.body.append(make("tr", [head, make("td", valueOf({ type: types[at] ?? "", text: values[at] ?? "" })), more]));
    }
    this.rows = Math.min(this.rows + count, this.matching.length);
    this.more.hidden = this.rows >= this.matching.length;
  }
}

/** A value as people read it; what is empty or no text says so. */
function valueOf(value: { readonly type: string; readonly text: string } | null): Content {
  if (value === null) return say("not there");
  switch (value.type) {
    case "x": return say("%(count)s bytes", { count: number(Number(value.text)) });
    case "z": return say("nothing (null)");
    case "o": case "a": case "e": return say("empty");
    default: return value.text === "" ? say("empty") : foreign(value.text);
  }
}

/** What may be wider than a phone scrolls in a box of its own, which the keyboard reaches. */
const wide = (name: string, content: Content): HTMLElement =>
  make("div", content, { class: "scroll", tabindex: "0", role: "region", "aria-label": name });
