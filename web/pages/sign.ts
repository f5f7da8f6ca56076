// The signing page: shows in words what a request asks its reader to sign, works out the statement's id from these very
// words, asks the passkey for exactly that id, and takes the answer back. It signs nothing that it does not show.
import { type Bytes, hex, toBase64Url, unhex, utf8 } from "../verifier/bytes.ts";
import { Origin, membersOf } from "../verifier/statement.ts";
import { typeInWords } from "./codes.ts";
import { offerLanguages } from "./languages.ts";
import { AnotherPasskey, findPasskey, knownPasskeys, makePasskey, NotTaken, type Passkey, signWith } from "./passkeys.ts";
import { passkeyCard } from "./passkey_card.ts";
import { finished, readRequest, Refused, type Request } from "./request.ts";
import { code, folded, foreign, make, part, type Content } from "./show.ts";
import { canonical } from "./signing.ts";
import { type Fact, inWords } from "./statements.ts";
import { mark, say } from "./words.ts";

interface Settings {
  /** Sites that an answer may go to; "self" is this one. */
  readonly back: readonly string[];
  /** The histories that this page signs for, by their origins; none: for any. */
  readonly histories: readonly string[];
}

const place = part("content", HTMLElement);

function settings(): Settings {
  const given: unknown = JSON.parse(part("settings", HTMLScriptElement).textContent ?? "{}");
  const said = new Map<string, unknown>(Object.entries(given ?? {}));
  const texts = (name: string): readonly string[] | null => {
    const value = said.get(name);
    return Array.isArray(value) ? value.map(String) : null;
  };
  return { back: texts("back") ?? ["self"], histories: texts("histories") ?? [] };
}

function show(): void {
  part("host", HTMLElement).textContent = location.host;
  const fragment = location.hash.slice(1);
  if (fragment === "") return showNothingAsked();
  try {
    const request = readRequest(fragment);
    check(request, settings());
    if (request.draft === null) showMaking(request.origin, request);
    else showStatement(request);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    title(say("This cannot be signed"));
    const why = make("p", [make("strong", say(error.message, error.values))]);
    place.replaceChildren(
      heading(),
      make("div", [why, make("p", say("Nothing was signed. Whoever sent you here must mend the request."))], { class: "problem", role: "alert" }),
    );
    focus();
  }
}

/** Whether this page may answer such a request. */
function check(request: Request, allowed: Settings): void {
  const sites = allowed.back.map((one) => (one === "self" ? location.origin : new URL(one).origin));
  if (!sites.includes(request.back.origin)) {
    throw new Refused(mark("This page takes no signature to %(site)s."), { site: request.back.host });
  }
  if (allowed.histories.length > 0 && !allowed.histories.includes(request.origin.text)) {
    throw new Refused(mark("The statement belongs to another ledger than this page signs for."));
  }
}

// ------------------------------------------------------------------------------------------------------------ screens

function showNothingAsked(): void {
  title(say("Signing page"));
  const [history] = settings().histories;
  const known = knownPasskeys();
  const names = known.map((one) => make("li", one.name === "" ? code(short(one.point)) : foreign(one.name)));
  place.replaceChildren(
    heading(),
    make("p", say("Portals send you to this page when you sign a statement. It shows you in words what you sign. Nothing is to be signed now.")),
    ...(names.length > 0 ? [make("h2", say("Passkeys that this browser knows")), make("ul", names)] : []),
    ...(history === undefined ? [] : [button(say("Make a passkey"), () => showMaking(Origin.parse(history), null))]),
  );
}

function showStatement(request: Request): void {
  const { draft, origin } = request;
  if (draft === null) return;
  title(say("Check and sign"));
  const known = knownPasskeys();
  const asked = request.signer;
  if (asked !== null && !origin.isPasskey(asked)) return showForAnotherKey(request);
  const choice = asked !== null ? hex(asked).slice(40) : known[0]?.point ?? FIND;
  const said = inWords(draft.type, finished(draft, asked ?? signerOf(origin, choice)));
  const facts = said.facts.filter((fact) => asked !== null || fact.label !== say("Your key"));
  const choices = asked === null ? keyChoices(known) : null;
  const chosen = (): string => choices?.querySelector<HTMLInputElement>("input:checked")?.value ?? choice;
  const status = make("div", [], { role: "status" });
  place.replaceChildren(
    heading(),
    make("p", say("You are about to say:")),
    make("blockquote", make("p", make("strong", said.sentence)), { id: "sentence", class: "panel" }),
    ...said.notes.map((note) => make("p", note, { class: "notice trouble" })),
    make("h2", say("What you sign")),
    factsList(facts.filter((fact) => !fact.isCode)),
    ...aboutTables(request),
    ...codesOf(request, facts.filter((fact) => fact.isCode)),
    ...(choices === null ? [] : [choices]),
    make("p", [say("The signature goes to"), " ", make("strong", foreign(request.back.host)), "."]),
    make("p", [
      button(say("Sign with your passkey"), () => void sign(request, chosen(), status), "sign"),
      " ",
      button(say("Do not sign"), () => leave(request, "declined"), "decline"),
    ], { class: "row" }),
    status,
  );
  focus();
}

/** A statement whose signer is no passkey: another program signs it. */
function showForAnotherKey(request: Request): void {
  place.replaceChildren(
    heading(),
    make("p", [say("This statement is to be signed by a key that is no passkey:"), " ", code(`0x${hex(request.signer ?? new Uint8Array())}`)]),
    make("p", say("Sign it where the key is, with this command:")),
    make("p", code(`ledger sign ${location.hash.slice(1)}`), { id: "command" }),
    button(say("Do not sign"), () => leave(request, "declined"), "decline"),
  );
  focus();
}

function showMaking(origin: Origin, request: Request | null): void {
  title(say("Make a passkey"));
  const name = make("input", [], { id: "name", type: "text", autocomplete: "off", maxlength: "60", "aria-describedby": "name-hint" });
  const status = make("div", [], { role: "status" });
  const form = make("form", [
    make("p", say("A passkey is a key on your device, phone or security key. Your fingerprint, face or PIN unlocks it. Nobody else learns it, and there is no password.")),
    make("p", make("label", say("Name for this passkey"), { for: "name" })),
    make("p", say("For you only, to tell your passkeys apart, such as “Office laptop”."), { class: "hint", id: "name-hint" }),
    make("p", name),
    make("p", [
      make("button", say("Make a passkey"), { type: "submit", id: "create" }),
      ...(request === null ? [] : [" ", button(say("Do not make one"), () => leave(request, "declined"))]),
    ], { class: "row" }),
    status,
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = name.value.trim();
    if (given === "") {
      problem(status, say("Give the passkey a name."));
      name.focus();
      return;
    }
    waiting(status);
    makePasskey(given).then((made) => showMade(origin, made, request), (error: unknown) => problem(status, reasonOf(error)));
  });
  place.replaceChildren(heading(), form);
  focus();
}

function showMade(origin: Origin, made: Passkey, request: Request | null): void {
  title(say("Your passkey is ready"));
  const signer = `0x${hex(signerOf(origin, made.point))}`;
  place.replaceChildren(
    heading(),
    ...passkeyCard(signer, made.name),
    ...(request === null ? [] : [make("p", button(say("Go on"), () => leave(request, "passkey", { signer, state: request.state }), "back"))]),
  );
  focus();
}

// ------------------------------------------------------------------------------------------------------------- signing

const FIND = "find";

async function sign(request: Request, choice: string, status: HTMLElement): Promise<void> {
  const { draft, origin } = request;
  if (draft === null) return;
  waiting(status, choice === FIND ? say("Your device asks you three times: twice to find your passkey, and once to sign.") : "");
  try {
    const point = choice === FIND ? (await findPasskey()).point : choice;
    const signer = signerOf(origin, point);
    const id = origin.id(draft.type, finished(draft, signer));
    const signature = await signWith(point, id);
    leave(request, "signed", { id: `0x${hex(id)}`, signer: `0x${hex(signer)}`, signature: `0x${hex(signature)}`, state: request.state });
  } catch (error) {
    problem(status, reasonOf(error));
  }
}

/** Go back to who asked, with the answer in the fragment; this page does not stay behind in the browser's history. */
function leave(request: Request, outcome: "signed" | "passkey" | "declined", answer?: Readonly<Record<string, string>>): void {
  const fragment = answer === undefined ? outcome : `${outcome}=${toBase64Url(utf8(canonical(answer)))}`;
  location.replace(`${request.back.href.split("#")[0]}#${fragment}`);
}

/** The signer of the passkey that was chosen; of one of zeros, for the words alone, where it is still to be found. */
const signerOf = (origin: Origin, choice: string): Bytes => origin.passkey(choice === FIND ? new Uint8Array(64) : unhex(choice));

function reasonOf(error: unknown): string {
  if (error instanceof AnotherPasskey) return say("Nothing was signed: you chose another passkey than the one that is to sign. Try again.");
  if (error instanceof NotTaken) return say("Nothing was signed: the ledger does not take what your device made (%(why)s). Try another device, a phone or a security key.", { why: error.message });
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") return say("Nothing was signed: you declined, the time ran out, or this device has no such passkey. Try again, or use a phone or a security key.");
  if (name === "SecurityError") return say("Nothing was signed: passkeys work only at a name with https, or at localhost, and not at %(host)s.", { host: location.host });
  if (name === "NotSupportedError" || !("credentials" in navigator)) return say("Nothing was signed: this browser or device has no passkeys. Try another one.");
  return say("Nothing was signed: %(why)s.", { why: name });
}

// ------------------------------------------------------------------------------------------------------------ elements

function keyChoices(known: readonly Passkey[]): HTMLFieldSetElement {
  const option = (value: string, words: Content, isFirst: boolean): HTMLElement =>
    make("label", [make("input", [], { type: "radio", name: "key", value, ...(isFirst ? { checked: "" } : {}) }), make("span", words)]);
  const all = known.map((one, at) => option(one.point, [one.name === "" ? "" : [foreign(one.name), " "], code(short(one.point))], at === 0));
  return make("fieldset", [make("legend", say("Which passkey signs?")), ...all, option(FIND, say("A passkey that this browser does not know yet"), known.length === 0)], { class: "choices" });
}

function factsList(facts: readonly { readonly label: string; readonly value: Content }[]): HTMLElement {
  return make("dl", facts.map((fact) => [make("dt", fact.label), make("dd", typeof fact.value === "string" ? foreign(fact.value) : fact.value)]), { class: "facts" });
}

/** The documents or the attestation behind the ids, which lead to exactly these ids. */
function aboutTables(request: Request): HTMLElement[] {
  const { declarations, attestation } = request.about;
  const found: HTMLElement[] = [];
  if (attestation !== null) {
    const said = inWords("Attestation", attestation);
    found.push(make("h2", say("The attestation that this is about")), factsList(said.facts.filter((fact) => !fact.isCode)));
  }
  if (declarations.length > 0) {
    const items = declarations.map((one) => {
      const said = inWords("Declaration", one);
      return make("li", factsList([
        { label: say("Type of document"), value: typeInWords(Number(one.number("documentType"))) },
        { label: say("Declared by the key"), value: code(`0x${one.hex("party")}`) },
        ...said.facts.filter((fact) => fact.isCode && fact.label === say("Fingerprint of the document")).map((fact) => ({ label: fact.label, value: code(fact.value) })),
      ]));
    });
    found.push(make("h2", say("The documents that this is about")), make("ol", items));
  }
  return found;
}

/** Hex and numbers that tell the statement and its history apart from all others. */
function codesOf(request: Request, facts: readonly Fact[]): HTMLElement[] {
  const { draft, origin, signer } = request;
  const isWhole = draft !== null && (signer !== null || membersOf(draft.type).length === draft.values.size);
  const id = isWhole ? `0x${hex(origin.id(draft.type, finished(draft, signer ?? new Uint8Array())))}` : null;
  const rows = [
    ...facts.map((fact) => ({ label: fact.label, value: code(fact.value) })),
    ...(id === null ? [] : [{ label: say("Name of the statement"), value: code(id) }]),
    { label: say("Chain"), value: code(String(origin.chain)) },
    { label: say("Contract"), value: code(`0x${hex(origin.contract)}`) },
    { label: say("Beginning of the history"), value: code(`0x${hex(origin.salt)}`) },
  ];
  return [folded(say("Fingerprints and numbers, to compare"), factsList(rows))];
}

let words = "";
const title = (given: string): void => {
  words = given;
  document.title = `${given} – ${location.host}`;
};
const heading = (): HTMLElement => make("h1", words, { id: "heading", tabindex: "-1" });
const focus = (): void => document.getElementById("heading")?.focus();
const short = (point: string): string => `${point.slice(0, 8)}…${point.slice(-8)}`;
const waiting = (status: HTMLElement, more = ""): void => status.replaceChildren(make("p", [say("Your browser asks you now."), " ", more]));

function button(caption: string, act: () => void, id?: string): HTMLButtonElement {
  const made = make("button", caption, { type: "button", ...(id === undefined ? {} : { id }), ...(id === "decline" ? { class: "second" } : {}) });
  made.addEventListener("click", act);
  return made;
}

function problem(status: HTMLElement, why: string): void {
  const told = make("div", make("p", make("strong", why)), { class: "problem", role: "alert", tabindex: "-1" });
  status.replaceChildren(told);
  told.focus();
}

offerLanguages(part("languages", HTMLElement), show);
show();
addEventListener("hashchange", show);
