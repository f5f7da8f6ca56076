// Declaring documents: choose files, check what was read, save the seed files, sign, hand in. Files are read, wrapped and
// kept in this browser; what leaves it is the declaration: fingerprint, document type, key, signature.
import { type Draft, declarationOf, keepDrafts, keptDrafts, noteName, NOTHING } from "./drafts.ts";
import { type Held, readFile, Unreadable } from "./reading.ts";
import { takeFiles } from "./dropping.ts";
import { goesOn, tell } from "./problems.ts";
import { ask } from "./server.ts";
import { code, type Content, foreign, make, part, save } from "./show.ts";
import { answerFromFragment, askToSign } from "./signing.ts";
import { fromPage, say } from "./words.ts";

const MOST_FILES = 20;

/** A file that was chosen, and what was read of it; `words`: why it could not be. */
interface Chosen {
  readonly file: File;
  held: Held | null;
  words: string;
  /** UNCL 1001; 0 before it is known. */
  type: number;
  saved: boolean;
  /** Where it is declared already. */
  known: string | null;
}

const page = part("declare", HTMLElement);
const steps = ["choose", "save", "sign"].map((id) => part(id, HTMLElement));
const party = page.dataset["party"] ?? "", replaces = page.dataset["replaces"] ?? NOTHING;
const chosen: Chosen[] = [];
let drafts: Draft[] = [];

// ------------------------------------------------------------------------------------------------------------- steps

function show(name: "choose" | "save" | "sign"): void {
  for (const step of steps) step.hidden = step.id !== name;
  for (const mark of document.querySelectorAll<HTMLElement>("[data-step]")) {
    if (mark.dataset["step"] === name) mark.setAttribute("aria-current", "step");
    else mark.removeAttribute("aria-current");
  }
  tell([]);
  part(name, HTMLElement).querySelector<HTMLElement>("h2")?.focus();
}

// ------------------------------------------------------------------------------------------------------ 1: the files

async function add(files: readonly File[]): Promise<void> {
  tell([]);
  const refused: { words: string }[] = [];
  for (const file of files) {
    if (chosen.some((other) => other.file.name === file.name)) {
      refused.push({ words: say("%(name)s is chosen already.", { name: file.name }) });
    } else if (chosen.length >= MOST_FILES) {
      refused.push({ words: say("At most %(most)s files can be declared at once here. `ledger declare` takes a whole folder.", { most: MOST_FILES }) });
      break;
    } else {
      chosen.push(await read({ file, held: null, words: "", type: 0, saved: false, known: null }));
    }
  }
  goesOn("");
  list();
  if (refused.length > 0) tell(refused);
  else part("list", HTMLElement).querySelector<HTMLElement>("h3")?.focus();
}

/** Read a file, and look whether its fingerprint is declared already, which only a saved seed file can tell. */
async function read(item: Chosen, format?: "opaque"): Promise<Chosen> {
  goesOn(say("Reading %(name)s …", { name: item.file.name }));
  try {
    item.held = await readFile(item.file, format);
    item.words = "";
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    item.words = error.message;
    return item;
  }
  if (item.held.kind === "copy") {
    item.words = item.held.summary;
    item.held = null;
    return item;
  }
  item.type = item.held.documentType ?? 0;
  item.saved = item.held.kind === "seed";
  if (item.saved) item.known = await declaredAs(item.held.digest);
  return item;
}

async function declaredAs(digest: string): Promise<string | null> {
  const answer = await ask("GET", `/v1/declarations?digest=${digest}`);
  if (answer.outcome !== "done") return null;
  const value: unknown = await answer.body.json();
  const [first]: unknown[] = Object.values(typeof value === "object" && value !== null ? value : {}).find(Array.isArray) ?? [];
  const id = typeof first === "object" && first !== null && "id" in first ? first.id : null;
  return typeof id === "string" ? id : null;
}

function list(): void {
  part("list", HTMLElement).replaceChildren(...chosen.map((item, at) => card(item, at)));
  part("next", HTMLElement).hidden = chosen.length === 0;
}

function card(item: Chosen, at: number): HTMLElement {
  const remove = make("button", say("Remove %(name)s", { name: item.file.name }), { type: "button", class: "second" });
  remove.addEventListener("click", () => {
    chosen.splice(at, 1);
    list();
    part("files", HTMLElement).focus();
  });
  const title = make("h3", foreign(item.file.name), { tabindex: "-1" });
  return make("li", [title, item.held === null ? unreadable(item) : readable(item, item.held, at), remove], { class: "panel" });
}

function unreadable(item: Chosen): Content {
  const whole = make("button", say("Declare it as one whole, without fields"), { type: "button", class: "second" });
  whole.addEventListener("click", () => void read(item, "opaque").then(() => { goesOn(""); list(); }));
  return [make("p", [make("strong", say("This file cannot be declared as it is.")), " ", item.words], { class: "error" }), whole];
}

function readable(item: Chosen, held: Held, at: number): Content {
  if (item.known !== null) {
    return make("p", [say("This document is declared already."), " ", make("a", say("See where it stands"), { href: `/portal/documents/${item.known}` })]);
  }
  return [
    make("p", held.summary),
    typeOf(item, held, at),
    held.format === "opaque" ? [] : make("details", [make("summary", say("What we read")), held.table()]),
  ];
}

function typeOf(item: Chosen, held: Held, at: number): Content {
  const id = `type-${at}`, hint = `${id}-hint`;
  const select = document.importNode(part("types", HTMLTemplateElement).content, true).querySelector("select");
  if (select === null) throw new Error("the page has no list of types");
  select.id = id;
  select.setAttribute("aria-describedby", hint);
  select.value = String(item.type || "");
  select.addEventListener("change", () => { item.type = Number(select.value); });
  return make("p", [make("label", say("Document type"), { for: id }), make("span", held.typeHint, { id: hint, class: "hint" }), select]);
}

/** From the files to the seed files, once each file can be declared. */
function goOn(): void {
  const wrong = chosen.flatMap((item, at) => {
    if (item.held === null) return [{ words: say("%(name)s cannot be declared as it is.", { name: item.file.name }), at: "list" }];
    return item.type === 0 && item.known === null ? [{ words: say("Choose the document type of %(name)s.", { name: item.file.name }), at: `type-${at}` }] : [];
  });
  const ready = chosen.filter((item) => item.held !== null && item.known === null);
  if (wrong.length > 0) tell(wrong);
  else if (ready.length === 0) tell([{ words: say("All of these documents are declared already.") }]);
  else {
    seeds(ready);
    show("save");
  }
}

// -------------------------------------------------------------------------------------------------- 2: the seed files

function seeds(ready: readonly Chosen[]): void {
  const confirm = part("confirm", HTMLElement), told = part("kept", HTMLInputElement), go = part("go", HTMLElement);
  const update = (): void => {
    confirm.hidden = !ready.every((item) => item.saved);
    go.hidden = confirm.hidden || !told.checked;
  };
  told.checked = false;
  told.onchange = update;
  part("seeds", HTMLElement).replaceChildren(...ready.map((item) => seed(item, update)));
  go.onclick = () => {
    drafts = ready.flatMap(({ held, type }) => held === null ? [] : [{
      name: held.name, digest: held.digest, type, replaces, party, id: "", signature: "", done: false,
    }]);
    keepDrafts(drafts);
    signing();
  };
  update();
}

function seed(item: Chosen, changed: () => void): HTMLElement {
  const { held } = item;
  if (held === null) throw new Error("only what was read has a seed");
  const name = `${held.name}.wrapped`;
  const state = make("span", item.saved ? say("You gave this seed file yourself.") : "", { role: "status" });
  const button = make("button", say("Save %(name)s", { name }), { type: "button" });
  button.addEventListener("click", () => {
    save(name, "application/octet-stream", held.seedFile());
    item.saved = true;
    state.textContent = say("Handed to your browser. Look into your downloads.");
    changed();
  });
  const type = part("types", HTMLTemplateElement).content.querySelector<HTMLOptionElement>(`option[value="${item.type}"]`);
  return make("li", [
    make("h3", foreign(held.name)),
    make("p", [type?.textContent ?? String(item.type), ". ", held.kind === "seed" ? [] : button, " ", state]),
    make("details", [make("summary", say("Its fingerprint")), make("p", code(held.digest))]),
  ], { class: "panel" });
}

// ------------------------------------------------------------------------------------------------------- 3: the signing

function signing(): void {
  const next = drafts.findIndex((draft) => draft.signature === ""), waits = drafts.findIndex((draft) => draft.signature !== "" && !draft.done);
  part("drafts", HTMLElement).replaceChildren(...drafts.map((draft) => make("li", [
    make("h3", foreign(draft.name)),
    make("p", draft.done
      ? [say("Declared."), " ", make("a", say("See where it stands"), { href: `/portal/documents/${draft.id}` })]
      : draft.signature === "" ? say("Not signed yet.") : say("Signed, but not with the server yet.")),
  ], { class: "panel" })));
  const all = next < 0 && waits < 0;
  part("heading", HTMLElement).textContent = all ? say("Declared") : say("Sign");
  part("done", HTMLElement).hidden = !all;
  part("unfinished", HTMLElement).hidden = all;
  part("unfinished-row", HTMLElement).hidden = all;
  const old = document.querySelector<HTMLAnchorElement>("#withdraw-old"), first = drafts[0];
  if (all && old !== null && first !== undefined) old.search = new URLSearchParams({ replacement: first.id }).toString();
  const go = part("sign-next", HTMLButtonElement), leave = part("leave", HTMLButtonElement);
  go.textContent = waits >= 0 ? say("Hand it in again")
    : say("Sign %(at)s of %(count)s: %(name)s", { at: next + 1, count: drafts.length, name: drafts[next]?.name ?? "" });
  go.onclick = () => void (waits >= 0 ? handIn(waits) : sign(next));
  leave.onclick = () => {
    keepDrafts([]);
    location.assign("/portal/documents");
  };
  if (all) keepDrafts([]);
  show("sign");
}

function sign(at: number): void {
  const draft = drafts[at];
  if (draft !== undefined) askToSign({ type: "Declaration", message: declarationOf(draft), signer: draft.party });
}

/** Hand a signed declaration in. Doing it again changes nothing: the server knows it then. */
async function handIn(at: number): Promise<void> {
  const draft = drafts[at];
  if (draft === undefined) return;
  goesOn(say("Handing in …"));
  const answer = await ask("POST", "/v1/declarations", { declaration: declarationOf(draft), signature: draft.signature });
  goesOn("");
  if (answer.outcome === "done") {
    noteName(draft.id, draft.name);
    change(at, { ...draft, done: true });
  } else if (answer.outcome === "refused" && answer.status !== 401) {
    change(at, { ...draft, id: "", signature: "" }); // this signature is of no use: another one may be
  }
  signing();
  if (answer.outcome !== "done") tell([{ words: answer.words }]);
}

function change(at: number, draft: Draft): void {
  drafts = drafts.map((other, index) => (index === at ? draft : other));
  keepDrafts(drafts);
}

/** What came back from the signing page, if this page was opened by it. */
async function goOnWithSignature(): Promise<void> {
  const answered = answerFromFragment();
  drafts = keptDrafts();
  if (drafts.length === 0) return;
  const at = drafts.findIndex((draft) => draft.digest === answered?.asked?.message["digest"]);
  const draft = drafts[at];
  if (answered?.outcome === "signed" && draft !== undefined) {
    change(at, { ...draft, id: answered.answer.id, signature: answered.answer.signature });
    await handIn(at);
    return;
  }
  signing();
  if (answered?.outcome === "declined") tell([{ words: say("Nothing was signed. Your work is kept: you can sign now, or leave.") }]);
}

fromPage();
takeFiles(part("drop", HTMLElement), part("files", HTMLInputElement), (files) => void add(files));
part("continue", HTMLElement).addEventListener("click", goOn);
part("back", HTMLElement).addEventListener("click", () => show("choose"));
addEventListener("beforeunload", (event) => {
  if (!part("save", HTMLElement).hidden || (chosen.length > 0 && drafts.length === 0)) event.preventDefault();
});
void goOnWithSignature();
