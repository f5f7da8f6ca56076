// Compare with the paper: the reader ticks each field that the paper has in the same way, and is told what is left.
import { whatItSays } from "./fields.ts";
import type { Report } from "./report.ts";
import { type Content, make } from "./show.ts";
import { number, say } from "./words.ts";

/** The fields of a report with a box to tick beside each. What is ticked stays when the language is changed. */
export class Paper {
  private readonly ticked = new Set<number>();
  private readonly state = make("p", [], { role: "status" });

  constructor(private readonly report: Report) {}

  /** What the document says, where it may be compared. */
  fields(): Content {
    return whatItSays(this.report, this.isGood() ? { title: say("Same on the paper"), cell: (at, name) => this.box(at, name) } : null);
  }

  /** What to do with the fields, and how far the reader is. */
  compare(): Content {
    if (!this.isGood()) return [];
    const count = this.report.shown?.paths.length ?? 0;
    this.tell();
    return make("section", [
      make("h2", say("Compare with the paper")),
      make("p", say("Paper can be changed. Only the fields on this page are proven: tick each one that the paper has in the same way. If one differs, or the paper says more that matters, do not rely on the paper.")),
      count === 0
        ? make("p", say("The evidence shows no field of the document, so there is nothing to compare but the name of the declaration. Ask the trader for the document, or for a link that opens it."))
        : this.state,
    ]);
  }

  private isGood(): boolean {
    return this.report.verdict.conclusion === "GOOD";
  }

  private box(at: number, name: string): Content {
    const input = make("input", [], { type: "checkbox", "aria-label": say("The paper says the same: %(name)s", { name }) });
    input.checked = this.ticked.has(at);
    input.addEventListener("change", () => {
      if (input.checked) this.ticked.add(at);
      else this.ticked.delete(at);
      this.tell();
    });
    return make("div", make("label", input), { class: "choices" });
  }

  private tell(): void {
    const all = this.report.shown?.paths.length ?? 0;
    const done = this.ticked.size;
    this.state.textContent = done === all
      ? say("You ticked all %(all)s fields: the paper agrees with every field on this page.", { all: number(all) })
      : say("You ticked %(done)s of %(all)s fields.", { done: number(done), all: number(all) });
  }
}
