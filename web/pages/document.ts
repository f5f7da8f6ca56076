// One of the reader's own documents: what can be made of its seed file here, its shares, its end. The file stays here.
import type { FieldChoice } from "./choosing.ts";
import { declarationOf, NOTHING, notedNames } from "./drafts.ts";
import { takeFiles } from "./dropping.ts";
import { type Held, readFile, Unreadable } from "./reading.ts";
import { goesOn, tell } from "./problems.ts";
import { ask } from "./server.ts";
import { make, part, save } from "./show.ts";
import { answerFromFragment, askToSign, type Message } from "./signing.ts";
import { day, fromPage, say } from "./words.ts";

const DAY = 86_400;
const HASH = /^0x[0-9a-f]{64}$/;

const page = part("document", HTMLElement);
const { id = "", digest = "", party = "", type = "", replaces = NOTHING } = page.dataset;
const declaration = declarationOf({ name: "", digest, type: Number(type), replaces, party, id, signature: "", done: true });

/** Say what is wrong; `at`: the id of the place where it can be put right. */
const wrong = (words: string, at?: string): void => tell([at === undefined ? { words } : { words, at }]);

// ------------------------------------------------------------------------------------------------------ the own file

async function open(files: readonly File[]): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  tell([]);
  goesOn(say("Reading %(name)s …", { name: file.name }));
  const place = part("opened", HTMLElement);
  place.replaceChildren();
  try {
    const held = await readFile(file);
    if (held.kind === "new") wrong(say("%(name)s is no seed file. Choose the file that ends with .wrapped, which you saved when you declared the document.", { name: file.name }), "file");
    else if (held.digest !== digest) wrong(say("%(name)s is another document, or another version of it: its fingerprint is not the declared one.", { name: file.name }), "file");
    else show(held, place);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    wrong(`${file.name}: ${error.message}`, "file");
  }
  goesOn("");
}

function show(held: Held, place: HTMLElement): void {
  const choice = held.choice();
  const title = make("h3", say("What the reader shall see"), { tabindex: "-1" });
  const evidence = action(say("Save evidence with these fields"), () => saveEvidence(held, choice));
  const copy = action(say("Save a redacted copy"), () => {
    save(`${held.name}.redacted`, "application/json", held.copyWithout(choice.hidden));
    return Promise.resolve();
  });
  evidence.hidden = page.dataset["entered"] !== "yes";
  const link = make("div", [], { "aria-live": "polite" });
  place.replaceChildren(
    make("p", [make("span", say("It is the declared document"), { class: "status", "data-status": "VALID" })]),
    title, choice.element,
    make("div", [evidence, copy], { class: "row" }),
    sharing(held, choice, link), link,
  );
  title.focus();
}

/** A button whose work may take a moment or fail. */
function action(words: string, work: () => Promise<void>): HTMLButtonElement {
  const button = make("button", words, { type: "button" });
  button.addEventListener("click", () => {
    tell([]);
    button.disabled = true;
    void work()
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== "Malformed") throw error;
        wrong(say("This cannot be made: %(reason)s.", { reason: error.message }));
      })
      .finally(() => {
        button.disabled = false;
        goesOn("");
      });
  });
  return button;
}

async function saveEvidence(held: Held, choice: FieldChoice): Promise<void> {
  goesOn(say("Fetching the evidence …"));
  const answer = await ask("GET", `/v1/declarations/${id}/evidence`);
  if (answer.outcome !== "done") return wrong(answer.words);
  const evidence = new Uint8Array(await answer.body.arrayBuffer());
  save(`${held.name}.evidence.json`, "application/json", held.evidenceWithout(choice.hidden, evidence));
}

// ------------------------------------------------------------------------------------------------------------- shares

function sharing(held: Held, choice: FieldChoice, place: HTMLElement): HTMLElement {
  const days = make("select", [7, 30, 90, 365].map((count) => make("option", say("%(days)s days", { days: count }), { value: String(count) })), { id: "days" });
  days.value = "30";
  const button = action(say("Make a link"), async () => {
    goesOn(say("Sealing …"));
    const until = Math.floor(Date.now() / 1000) + Number(days.value) * DAY - 60;
    const made = await held.sealedWithout(choice.hidden, id);
    const answer = await ask("POST", `/v1/shares?${new URLSearchParams({ share: made.share, declaration: id, until: String(until) }).toString()}`, made.sealed);
    if (answer.outcome !== "done") return wrong(answer.words);
    showLink(`${location.origin}/q${made.fragment}`, until, place);
    await listShares();
  });
  return make("section", [
    make("h3", say("Share it by a link")),
    make("p", say("Whoever has the link sees what is ticked above, and the evidence. The server keeps it sealed and cannot read it: the key is in the link alone.")),
    make("div", [make("div", [make("label", say("How long"), { for: "days" }), days]), button], { class: "row" }),
  ]);
}

function showLink(address: string, until: number, place: HTMLElement): void {
  const field = make("input", [], { type: "text", id: "link", readonly: "", dir: "ltr", size: "60" });
  field.value = address;
  const copy = action(say("Copy the link"), async () => {
    try {
      await navigator.clipboard.writeText(address);
      goesOn(say("Copied."));
    } catch {
      field.select(); // the browser does not let us: the reader copies it
    }
  });
  place.replaceChildren(make("div", [
    make("label", say("The link, until %(day)s. It is shown this once: copy it now.", { day: day(until) }), { for: "link" }),
    field, copy,
  ], { class: "panel" }));
  field.focus();
}

/** The shares of this document that the server keeps, each with a button that removes it. */
async function listShares(): Promise<void> {
  const answer = await ask("GET", "/v1/shares");
  if (answer.outcome !== "done") return;
  const value: unknown = await answer.body.json();
  const all: unknown = typeof value === "object" && value !== null && "shares" in value ? value.shares : [];
  const rows = (Array.isArray(all) ? all : []).flatMap((item: unknown) => {
    const found = new Map(Object.entries(typeof item === "object" && item !== null ? item : {}));
    const share: unknown = found.get("share"), until: unknown = found.get("until");
    if (found.get("declaration") !== id || typeof share !== "string" || typeof until !== "number") return [];
    const words = say("Remove the share that ends on %(day)s", { day: day(until) });
    const remove = action(words, async () => {
      const done = await ask("DELETE", `/v1/shares/${share}`);
      if (done.outcome !== "done") return wrong(done.words);
      await listShares();
      part("shares-title", HTMLElement).focus();
    });
    return [make("li", remove)];
  });
  part("shares", HTMLElement).hidden = rows.length === 0;
  part("shares-list", HTMLElement).replaceChildren(...rows);
}

// ---------------------------------------------------------------------------------------------------------- withdrawal

function withdraw(form: HTMLFormElement): void {
  const said = new FormData(form);
  const reason = Number(said.get("reason")), given = String(said.get("replacement") ?? "").trim().toLowerCase();
  if (reason !== 1 && reason !== 5) return wrong(say("Say why the document ends."), "reason-1");
  if (reason === 5 && !HASH.test(given)) return wrong(say("Give the id of the document that replaces it: 0x and 64 digits, as its page shows it."), "replacement");
  tell([]);
  const message = { declaration: id, reason, replacement: reason === 5 ? given : NOTHING };
  askToSign({ type: "Withdrawal", message, signer: party, about: { declarations: [declaration] } }, { reason, given });
}

async function handIn(message: Message, signature: string): Promise<void> {
  goesOn(say("Handing in …"));
  const answer = await ask("POST", "/v1/withdrawals", { declaration, withdrawal: message, signature });
  goesOn("");
  if (answer.outcome === "done") return location.replace(location.pathname);
  const again = answer.outcome === "away" ? [action(say("Hand it in again"), () => handIn(message, signature))] : [];
  tell([{ words: answer.words }], ...again);
}

fromPage();
const name = notedNames().get(id);
// Marks that isolate: a name in another direction does not turn the sentence round it.
if (name !== undefined) part("name", HTMLElement).textContent = say("On this computer it is called %(name)s.", { name: `\u2068${name}\u2069` });
takeFiles(part("drop", HTMLElement), part("file", HTMLInputElement), (files) => void open(files));
const form = document.querySelector<HTMLFormElement>("#withdraw-form");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  withdraw(form);
});
const answered = answerFromFragment();
if (answered?.outcome === "signed") void handIn(answered.asked.message, answered.answer.signature);
else if (answered?.outcome === "declined") wrong(say("Nothing was signed, so the document stands as before."));
void listShares();
