// An officer's decision about one document, or several: the document is opened and compared here, the decision is made
// into an attestation, signed on the signing page, and handed in. Files stay in this browser.
import { takeFiles } from "./dropping.ts";
import { goOn } from "./handing_in.ts";
import { goesOn, type Problem, tell } from "./problems.ts";
import { type Held, readFile, Unreadable } from "./reading.ts";
import { type Content, foreign, make, part, save } from "./show.ts";
import { askToSign, type Json, type Message } from "./signing.ts";
import { fromPage, say, sayMany } from "./words.ts";

const DAY = 86_400;
const NO_END = 2 ** 40 - 1;
const ZERO = `0x${"00".repeat(32)}`;
const HASH = /^0x[0-9a-f]{64}$/;

/** The certificate that goes with the decision. `saved`: whether its seed file is, without which nobody can show it. */
interface Notice {
  readonly name: string;
  readonly digest: string;
  saved: boolean;
}

let notice: Notice | null = null;

// ----------------------------------------------------------------------------------------------------- the document

/** Read a file here; null where it cannot be read, which is said. */
async function read(file: File, at: string): Promise<Held | null> {
  tell([]);
  goesOn(say("Reading %(name)s …", { name: file.name }));
  try {
    return await readFile(file);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    tell([{ words: `${file.name}: ${error.message}`, at }]);
    return null;
  } finally {
    goesOn("");
  }
}

async function open(files: readonly File[]): Promise<void> {
  const [file] = files, place = part("opened", HTMLElement);
  if (file === undefined) return;
  place.replaceChildren();
  const held = await read(file, "file");
  if (held === null) return;
  const isIt = held.digest === place.dataset["digest"];
  const title = make("h3", [make("span", isIt ? say("It is the declared document") : say("It is not the declared document"), {
    class: "status", "data-status": isIt ? "VALID" : "INVALID",
  }), " ", foreign(file.name)], { tabindex: "-1" });
  place.replaceChildren(make("div", [title, isIt ? shown(held) : make("p", whyNot(held))], { class: "panel" }));
  title.focus();
}

const shown = (held: Held): Content => [
  held.table(),
  held.hidden > 0 ? make("p", sayMany("%(num)s field is hidden.", "%(num)s fields are hidden.", held.hidden)) : [],
];

const whyNot = (held: Held): string => held.kind === "new"
  ? say("A document alone cannot be compared: ask the party for its seed file, which ends with .wrapped, or for a redacted copy.")
  : say("It was changed, or it is another document or another version of it: its fingerprint is not the declared one.");

// -------------------------------------------------------------------------------------------------- the certificate

async function takeNotice(files: readonly File[]): Promise<void> {
  const [file] = files, place = part("notice-read", HTMLElement);
  if (file === undefined) return;
  const held = await read(file, "notice");
  if (held === null) return;
  const made: Notice = { name: file.name, digest: held.digest, saved: held.kind !== "new" };
  notice = made;
  showNotice(made);
  if (made.saved) return;
  const name = `${held.name}.wrapped`;
  const button = make("button", say("Save %(name)s", { name }), { type: "button", class: "second", id: "save-notice" });
  button.addEventListener("click", () => {
    save(name, "application/octet-stream", held.seedFile());
    made.saved = true;
    goesOn(say("Handed to your browser. Look into your downloads."));
  });
  place.append(make("p", say("Save its seed file first: without it nobody can show that this certificate is meant.")), button);
}

function showNotice(made: Notice): void {
  const remove = make("button", say("Remove %(name)s", { name: made.name }), { type: "button", class: "second" });
  remove.addEventListener("click", () => {
    notice = null;
    part("notice-read", HTMLElement).replaceChildren();
    part("notice", HTMLElement).focus();
  });
  part("notice-read", HTMLElement).replaceChildren(make("p", [say("Attached:"), " ", foreign(made.name), " "]), remove);
}

// ----------------------------------------------------------------------------------------------------- the decision

const field = (name: string): string => part(name, HTMLInputElement).value;
/** The beginning of a day in UTC, in seconds; null for no day. */
const beginning = (day: string): number | null => (day === "" ? null : Date.parse(`${day}T00:00:00Z`) / 1000);

function sign(form: HTMLFormElement): void {
  const outcome = part("outcome", HTMLSelectElement), isAdverse = outcome.selectedOptions[0]?.dataset["adverse"] !== undefined;
  const from = beginning(field("from")), until = beginning(field("until"));
  const problems: Problem[] = [];
  if (outcome.value === "") problems.push({ words: say("Choose what you say."), at: "outcome" });
  if (from !== null && until !== null && until < from) problems.push({ words: say("The last day is before the first."), at: "until" });
  if (isAdverse && until !== null) problems.push({ words: say("What holds against the goods must not end by itself: leave the last day empty, and lift it by revoking it."), at: "until" });
  if (notice !== null && !notice.saved) problems.push({ words: say("Save the seed file of your certificate first."), at: "save-notice" });
  tell(problems);
  if (problems.length > 0) return;
  const { agency = "", kind = "", signer = "", at = "" } = form.dataset, set = setOf(form);
  askToSign({
    type: "Attestation",
    message: {
      agency, kind: Number(kind), outcome: Number(outcome.value), detail: notice?.digest ?? ZERO,
      valid_from: from ?? Number(at), valid_until: until === null ? NO_END : until + DAY,
      root: set.root, size: set.members.length, salt: salt(),
    },
    signer,
    about: { declarations: set.declarations },
  }, { outcome: outcome.value, from: field("from"), until: field("until"), notice: notice === null ? null : { name: notice.name, digest: notice.digest } });
}

interface DecidedSet {
  readonly root: string;
  readonly members: readonly string[];
  readonly declarations: readonly Message[];
}

function setOf(form: HTMLFormElement): DecidedSet {
  const value: unknown = JSON.parse(form.dataset["set"] ?? "");
  if (!isSet(value)) throw new Error("page and script do not fit");
  return value;
}

const isSet = (value: unknown): value is DecidedSet =>
  typeof value === "object" && value !== null && "root" in value && "members" in value && "declarations" in value &&
  typeof value.root === "string" && Array.isArray(value.members) && Array.isArray(value.declarations);

function salt(): string {
  return `0x${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Fill the form as it was left. */
function restore(kept: Json): void {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return;
  const text = (name: string): string => (typeof kept[name] === "string" ? kept[name] : "");
  part("outcome", HTMLSelectElement).value = text("outcome");
  part("from", HTMLInputElement).value = text("from");
  part("until", HTMLInputElement).value = text("until");
  const attached = kept["notice"];
  if (typeof attached !== "object" || attached === null || Array.isArray(attached)) return;
  const { name, digest } = attached;
  if (typeof name !== "string" || typeof digest !== "string" || !HASH.test(digest)) return;
  notice = { name, digest, saved: true };
  showNotice(notice);
  part("notice-part", HTMLDetailsElement).open = true;
}

fromPage();
const drop = document.getElementById("drop"), certificate = document.getElementById("notice-part");
if (drop !== null) takeFiles(drop, part("file", HTMLInputElement), (files) => void open(files));
if (certificate !== null) takeFiles(certificate, part("notice", HTMLInputElement), (files) => void takeNotice(files));
const form = document.querySelector<HTMLFormElement>("form#decision");
if (form !== null) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sign(form);
  });
  void goOn({
    path: "/v1/attestations",
    body: ({ asked, answer }) => ({ attestation: asked.message, signer: answer.signer, signature: answer.signature, members: setOf(form).members }),
    done: (answer) => {
      const id: unknown = typeof answer === "object" && answer !== null && "id" in answer ? answer.id : "";
      location.replace(typeof id === "string" && HASH.test(id) ? `/portal/attestations/${id}` : "/portal/inbox");
    },
    restore,
  });
}
