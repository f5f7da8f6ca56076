// A statement that was signed, on its way to the server. It is kept in this tab until the server has it, so that nothing
// is lost and nobody has to sign twice where the server or the network is away.
import { goesOn, tell } from "./problems.ts";
import { ask } from "./server.ts";
import { make } from "./show.ts";
import { type Answered, answerFromFragment, type Json, keptSoFar } from "./signing.ts";
import { say } from "./words.ts";

const KEPT = "handing-in";

type Signed = Extract<Answered, { readonly outcome: "signed" }>;

export interface Steps {
  /** Where statements are handed in. */
  readonly path: string;
  /** What the server gets. */
  body(signed: Signed): object;
  /** The server has it; its answer. */
  done(answer: unknown): void;
  /** Show the form again as its reader left it. */
  restore(kept: Json): void;
}

/** Go on where this page was left: with the answer of the signing page, or with what the server did not take yet. */
export async function goOn(steps: Steps): Promise<void> {
  const kept = keptSoFar(), answered = answerFromFragment();
  if (answered?.outcome === "signed") {
    steps.restore(answered.kept);
    await handIn(steps, steps.body(answered));
    return;
  }
  steps.restore(answered?.kept ?? kept);
  if (answered?.outcome === "declined") {
    tell([{ words: say("Nothing was signed. What you entered is kept.") }]);
    return;
  }
  const waiting = stored();
  if (waiting !== null) offer(steps, waiting, say("You signed this, but the server does not have it yet."));
}

async function handIn(steps: Steps, body: object): Promise<void> {
  sessionStorage.setItem(KEPT, JSON.stringify({ page: here(), body }));
  tell([]);
  goesOn(say("Handing in …"));
  const answer = await ask("POST", steps.path, body);
  goesOn("");
  if (answer.outcome === "done") {
    sessionStorage.removeItem(KEPT);
    steps.done(await answer.body.json());
  } else if (answer.outcome === "refused" && answer.status !== 401) {
    sessionStorage.removeItem(KEPT); // this signature is of no use: another one may be
    tell([{ words: answer.words }]);
  } else {
    offer(steps, body, answer.words);
  }
}

function offer(steps: Steps, body: object, words: string): void {
  const again = make("button", say("Hand it in again"), { type: "button" });
  again.addEventListener("click", () => void handIn(steps, body));
  tell([{ words }], again);
}

function stored(): object | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (typeof found !== "object" || found === null || !("page" in found) || !("body" in found)) return null;
    return found.page === here() && typeof found.body === "object" ? found.body : null;
  } catch {
    return null;
  }
}

const here = (): string => location.pathname + location.search;
