// Which fields of a document another reader shall see: a table with a box for each field, some hundred at a time.
import { valueInWords } from "./field_values.ts";
import type { Held } from "./reader.ts";
import { foreign, make } from "./show.ts";
import { number, say, sayMany } from "./words.ts";

const FIRST = 100;
const MORE = 500;
const SEARCH_FROM = 20;

/** The choice, and the element that shows it. */
export class FieldChoice {
  readonly element = make("div");
  /** The paths of the fields that are hidden. */
  readonly hidden = new Set<string>();
  private readonly body = make("tbody");
  private readonly state = make("p", [], { role: "status" });
  private readonly more = make("button", say("Show more fields"), { type: "button", class: "second" });
  private matching: readonly number[];
  private rows = 0;

  constructor(private readonly held: Held) {
    this.matching = [...held.paths.keys()];
    this.more.addEventListener("click", () => {
      const next = this.rows;
      this.extend(MORE);
      this.body.rows.item(next)?.querySelector("input")?.focus();
    });
    const head = make("tr", [say("Field"), say("The reader sees")].map((name) => make("th", name, { scope: "col" })));
    const table = make("table", [make("caption", say("Untick what the reader shall not see")), make("thead", head), this.body]);
    this.element.append(this.controls(), this.state, make("div", table, { class: "scroll" }), this.more);
    this.extend(FIRST);
    this.tell();
  }

  private controls(): HTMLElement {
    const all = (words: string, shows: boolean): HTMLElement => {
      const button = make("button", words, { type: "button", class: "second" });
      button.addEventListener("click", () => {
        for (const at of this.matching) this.set(at, shows);
        this.again();
      });
      return button;
    };
    const search = this.held.paths.length < SEARCH_FROM ? [] : this.search();
    return make("div", [search, all(say("Tick all of them"), true), all(say("Untick all of them"), false)], { class: "row" });
  }

  private search(): HTMLElement {
    const input = make("input", [], { type: "search", id: "find-field" });
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const { paths, words, values } = this.held;
      this.matching = [...paths.keys()].filter((at) => wanted === "" || [words[at], values[at]].some((text) => text?.toLowerCase().includes(wanted)));
      this.again();
    });
    return make("div", [make("label", say("Find in the fields"), { for: "find-field" }), input]);
  }

  private again(): void {
    this.rows = 0;
    this.body.replaceChildren();
    this.extend(FIRST);
    this.tell();
  }

  private extend(count: number): void {
    for (const at of this.matching.slice(this.rows, this.rows + count)) this.body.append(this.row(at));
    this.rows = Math.min(this.rows + count, this.matching.length);
    this.more.hidden = this.rows >= this.matching.length;
  }

  private row(at: number): HTMLElement {
    const path = this.held.paths[at] ?? "", name = this.held.words[at] || say("The content");
    const box = make("input", [], { type: "checkbox", id: `field-${at}` }), value = make("td");
    const fill = (): void => {
      value.replaceChildren(box.checked ? foreign(valueInWords(this.held.types[at] ?? "", this.held.values[at] ?? "")) : make("em", say("hidden")));
    };
    box.checked = !this.hidden.has(path);
    box.addEventListener("change", () => {
      this.set(at, box.checked);
      fill();
      this.tell();
    });
    fill();
    return make("tr", [make("th", make("label", [box, foreign(name)], { for: box.id }), { scope: "row", class: "choices" }), value]);
  }

  private set(at: number, shows: boolean): void {
    const path = this.held.paths[at] ?? "";
    if (shows) this.hidden.delete(path);
    else this.hidden.add(path);
  }

  private tell(): void {
    const hides = this.hidden.size + this.held.hidden;
    this.state.textContent = hides === 0
      ? say("The reader sees the whole document.")
      : sayMany("The reader learns that %(num)s field of %(all)s is hidden, and nothing of what it says.",
          "The reader learns that %(num)s fields of %(all)s are hidden, and nothing of what they say.", hides,
          { all: number(this.held.paths.length + this.held.hidden) });
  }
}
