// The checking page: takes files, asks the verifier, shows the answer. It works from a disk, and sends nothing.
import { utf8 } from "../verifier/bytes.ts";
import type { TrustRoot } from "../verifier/trust.ts";
import { answer } from "./answer.ts";
import { fileOf, type Given, roleOf, type Role, together } from "./given.ts";
import { offerLanguages } from "./languages.ts";
import type { Examined, Question, Report } from "./report.ts";
import { readSettings, type Settings } from "./settings.ts";
import { code, make, part, save } from "./show.ts";
import { examiner, isThread, serve } from "./thread.ts";
import { say } from "./words.ts";

const CALLED: Readonly<Record<Role, () => string>> = {
  evidence: () => say("the evidence"),
  document: () => say("the document"),
  trust: () => say("a trust file"),
  policy: () => say("a policy: what you demand"),
};

interface Unreadable {
  readonly kind: "unreadable";
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

/** The page and its state: the files given, and what is shown. */
class CheckingPage {
  private readonly examine: (question: Question) => Promise<Examined>;
  private readonly settings: Settings;
  private given: readonly Given[] = [];
  /** Shows again what stands in the place of the answer, in another language. */
  private again: () => void = () => undefined;
  private turn = 0;

  /** `whole`: the page as it was read, to be saved. `source`: the text of its script. */
  constructor(private readonly whole: string, source: string) {
    this.examine = examiner(source);
    this.settings = readSettings(part("settings", HTMLScriptElement).textContent ?? "");
    const files = part("files", HTMLInputElement);
    files.addEventListener("change", () => {
      void this.take([...(files.files ?? [])]);
      files.value = ""; // so that the same file can be chosen again
    });
    part("form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check();
    });
    this.listenForDrops(part("drop", HTMLDivElement));
    addEventListener("beforeprint", () => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    if (this.settings.served) this.linkHome();
    offerLanguages(part("languages", HTMLDivElement), () => this.showAgain());
    this.showAgain();
    document.documentElement.dataset["ready"] = "yes";
  }

  /** Served by a ledger, the page's name leads to its first page. */
  private linkHome(): void {
    const name = part("name", HTMLSpanElement);
    const link = make("a", [], { href: "/" });
    name.replaceWith(link);
    link.append(name);
  }

  private listenForDrops(zone: HTMLElement): void {
    addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    addEventListener("dragleave", () => zone.classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault(); // a browser would open the file in the place of this page
      zone.classList.remove("over");
      void this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private async take(files: readonly File[]): Promise<void> {
    try {
      const added = await Promise.all(files.map(async (file) => ({ file, role: await roleOf(file) })));
      this.given = together(this.given, added);
      this.clear();
    } catch {
      this.problem(() => say("A file cannot be read. Was it moved or deleted?"));
    }
    this.showGiven();
  }

  private clear(): void {
    this.turn += 1;
    this.again = () => undefined;
    part("problem", HTMLDivElement).replaceChildren();
    part("result", HTMLDivElement).replaceChildren();
    delete document.documentElement.dataset["conclusion"];
  }

  private async check(): Promise<void> {
    this.clear();
    const evidence = fileOf(this.given, "evidence");
    if (evidence === null) {
      this.problem(() => say("Add the evidence: the file that came with the document, or the PDF that carries it. Without it, nothing can be checked."));
      return;
    }
    const turn = this.turn;
    part("result", HTMLDivElement).replaceChildren(make("p", say("Checking …"), { role: "status" }));
    let found: Examined | Unreadable;
    try {
      found = await this.examine(await this.question(evidence));
    } catch (error) {
      found = { kind: error instanceof DOMException ? "unreadable" : "failed" };
    }
    if (turn === this.turn) this.show(found);
  }

  /** The bytes of all files. They are read here: not every browser lets a second thread read a file. */
  private async question(evidence: File): Promise<Question> {
    const { trusts, policy } = this.settings;
    const files = this.given.filter(({ role }) => role === "trust").map(({ file }) => file);
    const document = fileOf(this.given, "document");
    const demanded = fileOf(this.given, "policy");
    return {
      evidence: await bytesOf(evidence),
      document: document && (await bytesOf(document)),
      trusts: files.length > 0 ? await Promise.all(files.map(bytesOf)) : trusts.map(utf8),
      policy: demanded ? await bytesOf(demanded) : policy === null ? null : utf8(policy),
      clock: Math.floor(Date.now() / 1000),
    };
  }

  private show(found: Examined | Unreadable): void {
    part("result", HTMLDivElement).replaceChildren();
    if (found.kind === "report") {
      this.again = () => this.showReport(found.report);
      this.again();
      part("answer", HTMLHeadingElement).focus();
    } else if (found.kind === "malformed") {
      const what = CALLED[found.role]();
      this.problem(() => say("This cannot be read: %(what)s. It was changed, or is of another kind.", { what }), found.words);
    } else if (found.kind === "unreadable") {
      this.problem(() => say("A file cannot be read. Was it moved or deleted?"));
    } else {
      this.problem(() => say("This page failed, and decided nothing. Try the other verifiers of this ledger."));
    }
  }

  private showReport(report: Report): void {
    part("result", HTMLDivElement).replaceChildren(answer(report));
    document.documentElement.dataset["conclusion"] = report.verdict.conclusion;
  }

  /** `details`: what the verifier says, in English. */
  private problem(words: () => string, details = ""): void {
    this.again = () => this.showProblem(words(), details);
    this.again();
    part("trouble", HTMLHeadingElement).focus();
  }

  private showProblem(words: string, details: string): void {
    const heading = make("h2", say("There is a problem"), { id: "trouble", tabindex: "-1" });
    const more = details === "" ? [] : make("p", details, { lang: "en", dir: "ltr" });
    const link = make("p", make("a", say("Choose other files"), { href: "#files" }));
    part("problem", HTMLDivElement).replaceChildren(make("div", [heading, make("p", words), more, link], { class: "problem", role: "alert" }));
  }

  private showGiven(): void {
    const rows = this.given.map((given) => {
      const remove = make("button", say("Remove"), { type: "button", class: "second", "aria-label": say("Remove %(name)s", { name: given.file.name }) });
      remove.addEventListener("click", () => {
        this.given = this.given.filter((other) => other !== given);
        this.clear();
        this.showGiven();
        part("files", HTMLInputElement).focus();
      });
      return make("li", [make("span", [make("bdi", given.file.name), `: ${CALLED[given.role]()}`]), remove]);
    });
    part("given", HTMLDivElement).replaceChildren(...(rows.length === 0 ? [] : [make("ul", rows, { class: "given" })]));
  }

  /** Everything that is made here, again: at first, and in another language. */
  private showAgain(): void {
    this.showGiven();
    this.showTrusts();
    this.again();
    const keep = make("button", say("Save this page, to check without a network"), { type: "button", class: "second" });
    keep.addEventListener("click", () => save("check.html", "text/html", this.whole));
    part("keep", HTMLParagraphElement).replaceChildren(keep);
  }

  private showTrusts(): void {
    const { roots, policy, served } = this.settings;
    const place = part("trusts", HTMLDivElement);
    if (roots.length === 0) {
      place.replaceChildren(make("p", say("Nobody yet: this page holds no trust file. Add the trust file of the ledger, which you got another way than the document.")));
      return;
    }
    place.replaceChildren(
      served ? make("p", make("strong", say("This page came from the server of the ledger itself, so it proves less than one of your own: whoever runs the server made it. Take the page, or at least a trust file, from somebody whom you trust."))) : "",
      make("ul", roots.map((root) => make("li", trusted(root)))),
      policy === null ? "" : make("p", say("This page also holds a policy: it demands more of a document than that it is genuine.")),
    );
  }
}

function trusted(root: TrustRoot): (string | Node)[] {
  const names = root.witnesses.map(({ name }) => name).join(", ");
  const keys = root.logKeys.map(({ key }) => key.id).join(", ");
  return [
    say("History:"), " ", code(root.origin.text), make("br"), say("Signed by the key:"), " ", code(keys), make("br"),
    say("Witnesses who must have confirmed it: %(threshold)s of %(count)s.", { threshold: root.threshold, count: root.witnesses.length }),
    names === "" ? "" : ` ${names}`,
  ];
}

if (isThread()) serve();
else {
  const source = document.currentScript?.textContent ?? "";
  document.currentScript?.remove(); // unpacked, it is no part of the page as it was read
  new CheckingPage(`<!DOCTYPE html>\n${document.documentElement.outerHTML}`, source);
}
