// How a page of the portal gets a signature: it sends its reader to the signing page, which shows the statement, asks
// for the passkey, and sends the reader back. docs/portal.md, "The signing page", specifies both messages.
//
//     askToSign({ type: "Withdrawal", message, signer }, form);      // leaves this page
//     const answered = answerFromFragment();                        // when this page is opened again
//
// What the reader has typed so far is kept in this tab (`sessionStorage`) until the answer is read.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Message = { [member: string]: Json };

export interface Asked {
  /** The statement's type, such as "Attestation"; "Passkey" asks the signing page to make a new passkey. */
  readonly type: string;
  /** Its members, named and spelled as the API takes them. `SignIn.signer` and `Declaration.party` may be missing: then
   * the signing page fills in the passkey that its reader chooses. */
  readonly message: Message;
  /** Who shall sign: 0x and hex digits. */
  readonly signer?: string;
  /** What the ids in the message stand for. The signing page believes it only if it leads to these ids. */
  readonly about?: { readonly declarations?: readonly Message[]; readonly attestation?: Message };
}

export interface Signed {
  readonly id: string;
  readonly signer: string;
  readonly signature: string;
}

export type Answered =
  | { readonly outcome: "signed"; readonly answer: Signed; readonly asked: Asked; readonly kept: Json }
  | { readonly outcome: "passkey"; readonly signer: string; readonly asked: Asked; readonly kept: Json }
  | { readonly outcome: "declined"; readonly asked: Asked | null; readonly kept: Json };

export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number | string;
  readonly verifyingContract: string;
  readonly salt: string;
}

const KEPT = "signing";
const ORIGIN = /^eip155:([1-9][0-9]{0,77}):(0x[0-9a-f]{40}):([0-9a-f]{64})$/;

/** The EIP-712 domain of a history, whose origin is `eip155:<chain>:<contract>:<salt>`. */
export function domainOf(origin: string): Domain {
  const [, chain, contract, salt] = ORIGIN.exec(origin) ?? [];
  if (chain === undefined || contract === undefined || salt === undefined) throw new Error(`no origin: ${origin}`);
  const chainId = Number.isSafeInteger(Number(chain)) ? Number(chain) : chain;
  return { name: "TradeLedger", version: "1", chainId, verifyingContract: contract, salt: `0x${salt}` };
}

/** Go to the signing page. It comes back to this page's address, where `answerFromFragment` has the answer.
 *
 * `keep`: what the page needs again afterwards, such as the content of its form. The addresses of the signing page and
 * of the history stand at an element of the page: `data-sign-page="…" data-origin="…"`. */
export function askToSign(asked: Asked, keep: Json = null): void {
  location.assign(requestAddress(asked, keep));
}

/** The address that `askToSign` goes to, for whoever signs elsewhere. The answer must be opened in this tab. */
export function requestAddress(asked: Asked, keep: Json = null): string {
  const { signPage, origin } = document.querySelector<HTMLElement>("[data-sign-page]")?.dataset ?? {};
  if (signPage === undefined || origin === undefined) throw new Error("the page does not name its signing page");
  const state = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  const back = location.origin + location.pathname + location.search;
  sessionStorage.setItem(KEPT, JSON.stringify({ state, asked, keep }));
  const page = new URL(signPage, location.href).href;
  return signingAddress(page, asked, domainOf(origin), back, state);
}

/** The address of the signing page with a request in its fragment, which no browser sends. */
export function signingAddress(page: string, asked: Asked, domain: Domain, back: string, state: string): string {
  const request = canonical({ ...asked, domain, back, state });
  return `${page}#${toBase64Url(new TextEncoder().encode(request))}`;
}

/** The answer in this page's address, once: the fragment and what was kept are gone afterwards.
 *
 * Null if there is none, or if it is no answer to what this tab asked. */
export function answerFromFragment(): Answered | null {
  const [, outcome, text] = /^#(signed|passkey|declined)(?:=([A-Za-z0-9_-]*))?$/.exec(location.hash) ?? [];
  if (outcome === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const kept = readKept();
  sessionStorage.removeItem(KEPT);
  if (outcome === "declined") return { outcome, asked: kept?.asked ?? null, kept: kept?.keep ?? null };
  const said = members(parsed(text ?? ""));
  if (kept === null || said === null || said["state"] !== kept.state) return null;
  const { id, signer, signature } = said;
  if (typeof signer !== "string") return null;
  if (outcome === "passkey") return { outcome, signer, asked: kept.asked, kept: kept.keep };
  if (typeof id !== "string" || typeof signature !== "string") return null;
  return { outcome: "signed", answer: { id, signer, signature }, asked: kept.asked, kept: kept.keep };
}

/** What this tab keeps until it is asked to sign again: for a page that its reader comes back to without an answer. */
export function keptSoFar(): Json {
  return readKept()?.keep ?? null;
}

function readKept(): { state: string; asked: Asked; keep: Json } | null {
  const found = members(json(sessionStorage.getItem(KEPT) ?? ""));
  const asked = members(found?.["asked"] ?? null);
  const type = asked?.["type"], message = members(asked?.["message"] ?? null), state = found?.["state"];
  if (typeof type !== "string" || message === null || typeof state !== "string") return null;
  const signer = asked?.["signer"];
  return { state, asked: { type, message, ...(typeof signer === "string" ? { signer } : {}) }, keep: found?.["keep"] ?? null };
}

/** RFC 8785 for what requests hold: objects, lists, texts, whole numbers. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const named = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${named.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(",")}}`;
}

export function toBase64Url(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of base64url without padding; null for what is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const data = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  return toBase64Url(data) === text ? data : null;
}

function parsed(text: string): Json {
  const data = fromBase64Url(text);
  return data === null ? null : json(new TextDecoder().decode(data));
}

function json(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function members(value: Json): Message | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}
