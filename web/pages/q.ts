// The page that a code on paper leads to: it gets the evidence that the code names, checks it here, and lets its reader
// compare the fields with the paper. What the code names stands after the # of the address, which no browser sends.
import { hex, utf8 } from "../verifier/bytes.ts";
import { type Link, readFragment } from "../verifier/share.ts";
import { answer } from "./answer.ts";
import { offerLanguages } from "./languages.ts";
import { Paper } from "./paper.ts";
import type { Examined, Report } from "./report.ts";
import { evidenceOf, type File, type NoAnswer, type Shared, sharedBy } from "./scanned.ts";
import { readSettings, type Settings } from "./settings.ts";
import { code, type Content, folded, make, part, save } from "./show.ts";
import { examiner, isThread, serve } from "./thread.ts";
import { say } from "./words.ts";

const BYTES = "application/octet-stream";

/** What the server gave, and what the verifier says of it. */
interface Found {
  readonly evidence: File;
  readonly shared: Shared;
  readonly report: Report;
}

/** The page and its state: the link, and what is shown of it. */
class CodePage {
  private readonly examine: (question: Parameters<ReturnType<typeof examiner>>[0]) => Promise<Examined>;
  private readonly settings: Settings;
  private again: () => void = () => undefined; // shows the same in another language
  private turn = 0; // of the link that is shown: an answer to an earlier one is dropped

  constructor(source: string) {
    this.examine = examiner(source);
    this.settings = readSettings(part("settings", HTMLScriptElement).textContent ?? "");
    addEventListener("hashchange", () => void this.look());
    part("skip", HTMLAnchorElement).addEventListener("click", (event) => {
      event.preventDefault(); // it would take the place of the code in the address
      part("main", HTMLElement).focus();
    });
    addEventListener("beforeprint", () => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    offerLanguages(part("languages", HTMLDivElement), () => this.again());
    void this.look();
    document.documentElement.dataset["ready"] = "yes";
  }

  /** Reads the address, and shows what it leads to. */
  private async look(): Promise<void> {
    const turn = ++this.turn;
    delete document.documentElement.dataset["conclusion"];
    const link = readFragment(location.hash);
    if (link === null) {
      this.show(() => (location.hash.length > 1 ? notWhole() : namesNothing()));
      return;
    }
    this.show(() => [make("p", say("Asking the server …"), { role: "status" }), nameOf(link)]);
    const [evidence, shared] = await Promise.all([evidenceOf(link), sharedBy(link)]);
    const shown = evidence.kind === "got" ? await this.judge(link, evidence.file, shared) : () => this.noEvidence(evidence);
    if (turn === this.turn) this.show(shown);
  }

  private show(content: () => Content): void {
    this.again = () => part("result", HTMLDivElement).replaceChildren(make("div", content()));
    this.again();
    document.getElementById("trouble")?.focus();
    document.getElementById("answer")?.focus();
  }

  private async judge(link: Link, evidence: File, shared: Shared): Promise<() => Content> {
    const trusts = this.settings.trusts.map(utf8);
    const document = shared.kind === "got" ? shared.file : null;
    const clock = Math.floor(Date.now() / 1000);
    let found: Examined;
    try {
      found = await this.examine({ evidence, document, trusts, policy: null, clock });
    } catch {
      found = { kind: "failed" };
    }
    if (found.kind !== "report") return () => this.notJudged(found);
    const { report } = found;
    if (report.verdict.declaration !== `0x${hex(link.declaration)}`) return anotherDeclaration;
    const paper = new Paper(report);
    return () => this.judged(link, { evidence, shared, report }, paper);
  }

  private judged(link: Link, { evidence, shared, report }: Found, paper: Paper): Content {
    document.documentElement.dataset["conclusion"] = report.verdict.conclusion;
    return [
      noteOf(shared),
      answer(report, [paper.compare(), paper.fields()]),
      nameOf(link),
      make("p", [
        button(say("Save the evidence"), () => save(fileName(link, "evidence.json"), BYTES, evidence)),
        shared.kind === "got" ? button(say("Save the document that was shared"), () => save(fileName(link, "shared"), BYTES, shared.file)) : [],
      ], { class: "row" }),
      checkYourself(fileName(link, "evidence.json")),
    ];
  }

  private notJudged(found: Examined): Content {
    const details = found.kind === "malformed" ? make("p", found.words, { lang: "en", dir: "ltr" }) : [];
    return problem(say("What the server gave cannot be read."), say("It decides nothing. If you have the PDF, check that."), [details, this.lookAgain()]);
  }

  private noEvidence(evidence: NoAnswer): Content {
    switch (evidence.kind) {
      case "missing":
        return problem(
          say("This server has no such declaration, or the code does not fit it."),
          say("If the paper names another address, go there. If it names this one, do not rely on the paper: its code may be forged."),
        );
      case "waiting":
        return problem(
          say("The declaration was received, and is not in the history yet."),
          say("Look again in %(count)s seconds.", { count: evidence.again }), this.lookAgain(),
        );
      case "busy":
        return problem(
          say("The server cannot give the evidence at the moment."),
          say("Look again in %(count)s seconds.", { count: evidence.again }), this.lookAgain(),
        );
      case "away":
        return problem(
          say("The server cannot be reached."),
          say("You may be offline. If you have the PDF, the evidence is inside it: open it at any copy of the checking page, which needs no network."),
          this.lookAgain(),
        );
    }
  }

  private lookAgain(): Content {
    return make("p", button(say("Look again"), () => void this.look()));
  }
}

const notWhole = (): Content => problem(
  say("The address is not whole."),
  say("It was cut or changed on the way. Scan the code again, or copy the whole address."),
);

const namesNothing = (): Content => problem(
  say("The address names no declaration."),
  say("It ends where the code's part should begin, after the sign #. Scan the code on the paper again, or copy the whole address."),
);

const anotherDeclaration = (): Content => problem(
  say("The server gave evidence of another declaration than the code names."),
  say("Do not rely on this page. If you have the PDF, check that at a checking page from somebody whom you trust."),
);

/** What is to be known of a document that could not be opened: the evidence was checked without it. */
function noteOf(shared: Shared): Content {
  const words = {
    got: () => "",
    none: () => "",
    missing: () => say("The document that was shared is not here any more: its time is over, or its party removed it. The evidence was checked without it."),
    changed: () => say("The document that was shared does not open with this address: the address or the document was changed. The evidence was checked without it."),
    insecure: () => say("This page came without encryption (http), so your browser does not let it open the document that was shared. The evidence was checked without it."),
    away: () => say("The document that was shared cannot be reached at the moment. The evidence was checked without it."),
    waiting: () => say("The document that was shared cannot be reached at the moment. The evidence was checked without it."),
    busy: () => say("The document that was shared cannot be reached at the moment. The evidence was checked without it."),
  }[shared.kind]();
  return words === "" ? [] : make("div", make("p", words), { class: "notice trouble" });
}

const problem = (first: string, then: string, more: Content = []): Content =>
  make("div", [make("h2", first, { id: "trouble", tabindex: "-1" }), make("p", then), more], { class: "problem", role: "alert" });

/** The declaration's id in groups of eight digits, as paper has it. */
function nameOf({ declaration }: Link): Content {
  const digits = hex(declaration).match(/.{8}/g) ?? [];
  return make("div", [
    make("h2", say("Which declaration")),
    make("p", say("The paper has this name beside its code. Both must be the same:")),
    make("p", code(`0x ${digits.join(" ")}`)),
  ], { class: "panel" });
}

function checkYourself(evidence: string): Content {
  return folded(say("Check it yourself, without this page"), [
    make("p", say("Save the evidence, and check it with a program on your own computer. DOCUMENT is the file that you were given. The trust file says whom you believe: get it from somebody whom you trust, and not from this page.")),
    make("p", code(`ledger verify ${evidence} -d DOCUMENT --trust trust.json`)),
    make("p", code(`python verify.py ${evidence} --document DOCUMENT --trust trust.json`)),
  ]);
}

function button(words: string, act: () => void): HTMLButtonElement {
  const made = make("button", words, { type: "button", class: "second" });
  made.addEventListener("click", act);
  return made;
}

const fileName = ({ declaration }: Link, ending: string): string => `${hex(declaration).slice(0, 8)}.${ending}`;

if (isThread()) serve();
else {
  const source = document.currentScript?.textContent ?? "";
  document.currentScript?.remove();
  new CodePage(source);
}
