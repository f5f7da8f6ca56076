// The sign-in screen: fetches a nonce, has a sign-in signed on the signing page, and opens a session with the answer.
import { code, make, part } from "./show.ts";
import { type Answered, answerFromFragment, askToSign, type Asked, requestAddress } from "./signing.ts";
import { fromPage, say } from "./words.ts";

const NONCE_SECONDS = 300;
const status = part("status", HTMLElement);
const buttons = ["sign-in", "make", "command"].map((id) => part(id, HTMLButtonElement));

class Trouble extends Error {}

/** A sign-in to this site, with a fresh nonce; its time is the server's, whatever the clock here says. */
async function signIn(): Promise<Asked> {
  const answer = await posted("/v1/sessions/nonces", {});
  const { nonce, sites, expires_at: expires } = answer;
  if (typeof nonce !== "string" || typeof expires !== "number" || !Array.isArray(sites)) throw new Trouble(say("The server answers with something else than a sign-in."));
  if (!sites.includes(location.origin)) {
    throw new Trouble(say("This site calls itself %(sites)s: open it at that address, and sign in there.", { sites: sites.join(", ") }));
  }
  return { type: "SignIn", message: { site: location.origin, nonce, time: expires - NONCE_SECONDS } };
}

async function open(answered: Answered): Promise<void> {
  if (answered.outcome === "declined") return tell(say("You did not sign, so you are not signed in."));
  if (answered.outcome === "passkey") return tell(say("Your passkey is ready. Sign in with it now."));
  const { asked, answer } = answered;
  tell(say("You are being signed in."));
  const { signer, signature } = answer;
  await posted("/v1/sessions", { sign_in: { signer, ...asked.message }, signature, keep: "cookie" });
  location.replace(next());
}

/** Where one goes after it: a page of this site, which the address names, or one's own key. */
function next(): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(?![/\\])/.test(wanted) && new URL(wanted, location.origin).origin === location.origin ? wanted : "/portal/account";
}

async function posted(path: string, value: unknown): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  let said: unknown;
  try {
    response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
    said = await response.json();
  } catch {
    throw new Trouble(say("The server does not answer. Try again in a moment."));
  }
  const found: Readonly<Record<string, unknown>> = typeof said === "object" && said !== null ? { ...said } : {};
  if (response.ok) return found;
  if (response.status === 429) throw new Trouble(say("There were too many tries from your address. Wait a minute."));
  if (response.status >= 500) throw new Trouble(say("The server cannot say at the moment who may sign in. Try again in a moment."));
  throw new Trouble(say("You are not signed in: %(why)s", { why: String(found["detail"] ?? response.status) }));
}

const tell = (words: string): void => status.replaceChildren(make("div", make("p", words), { class: "notice" }));

function trouble(error: unknown): void {
  const words = error instanceof Trouble ? error.message : say("This did not work: %(why)s", { why: String(error) });
  const told = make("div", make("p", make("strong", words)), { class: "problem", role: "alert", tabindex: "-1" });
  status.replaceChildren(told);
  told.focus();
}

/** Do something at a button's press, and only once at a time. */
function at(button: HTMLButtonElement | undefined, act: () => Promise<void>): void {
  button?.addEventListener("click", () => {
    for (const one of buttons) one.disabled = true;
    act().catch(trouble).finally(() => {
      for (const one of buttons) one.disabled = false;
    });
  });
}

fromPage();
const [signing, making, commanding] = buttons;
at(signing, async () => askToSign(await signIn()));
at(making, async () => askToSign({ type: "Passkey", message: {} }));
at(commanding, async () => {
  const command = part("commanded", HTMLElement);
  command.replaceChildren(code(`ledger sign '${requestAddress(await signIn())}' --key NAME`));
  command.hidden = false;
  command.focus();
});

/** Also when an answer is opened by hand in this tab: then the page stays, and only its fragment changes. */
function take(): void {
  const answered = answerFromFragment();
  if (answered !== null) open(answered).catch(trouble);
}
take();
addEventListener("hashchange", take);
