// "Check this page here": whether the entries that the page shows belong to the tree of the newest checkpoint, and
// whether that tree goes on from the one that this browser saw last. Who signed the checkpoint is not judged here.
import { type Bytes, equal, fromBase64, unhex, hex, leafHash } from "../verifier/bytes.ts";
import { Tree } from "./tiles.ts";
import { fromPage, number, say, sayMany } from "./words.ts";

const LOG = "/v1/log/";

interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

type Outcome = { readonly good: boolean; readonly lines: readonly string[] };

async function fetched(path: string): Promise<Bytes> {
  const answer = await fetch(LOG + path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function newest(): Promise<Checkpoint> {
  const [origin, size, root] = new TextDecoder().decode(await fetched("checkpoint")).split("\n");
  if (origin === undefined || !/^\d{1,15}$/.test(size ?? "") || root === undefined) throw new Error("no checkpoint");
  return { origin, size: Number(size), root: fromBase64(root) };
}

/** What the page shows: each entry's number, the hash that stands there, and its bytes where they stand there too. */
function shown(): { readonly number: number; readonly hash: string; readonly data: string | null }[] {
  return [...document.querySelectorAll<HTMLElement>("[data-number][data-hash]")].map((one) => ({
    number: Number(one.dataset["number"]),
    hash: one.dataset["hash"] ?? "",
    data: one.dataset["bytes"] === undefined ? null : (one.textContent ?? ""),
  }));
}

async function check(origin: string): Promise<Outcome> {
  const checkpoint = await newest();
  const tree = new Tree(checkpoint.size, fetched);
  if (checkpoint.origin !== origin || !equal(await tree.root(), checkpoint.root)) {
    return no(say("The tiles of this server do not lead to the fingerprint that its checkpoint states."));
  }
  const lines = [say("The fingerprint of the first %(size)s entries is the one that the newest checkpoint states: %(root)s", {
    size: number(checkpoint.size), root: `${hex(checkpoint.root).slice(0, 12)}…`,
  })];
  let covered = 0;
  for (const one of shown()) {
    if (one.number >= checkpoint.size) continue;
    const isThere = equal(await tree.leaf(one.number), unhex(one.hash.slice(2)));
    const isItself = one.data === null || equal(leafHash(unhex(one.data.slice(2))), unhex(one.hash.slice(2)));
    if (!isThere || !isItself) return no(say("Entry %(number)s stands here otherwise than in the history.", { number: one.number }));
    covered += 1;
  }
  lines.push(sayMany("%(num)s entry of this page belongs to it.", "%(num)s entries of this page belong to it.", covered));
  const newer = shown().length - covered;
  if (newer > 0) lines.push(sayMany(
    "%(num)s entry is newer than the checkpoint: look again in a minute.", "%(num)s entries are newer than the checkpoint: look again in a minute.", newer,
  ));
  return since(checkpoint, tree, lines);
}

/** Compares with the tree that this browser saw last, and keeps this one. */
async function since(checkpoint: Checkpoint, tree: Tree, lines: string[]): Promise<Outcome> {
  const key = `checkpoint ${checkpoint.origin}`;
  const last = localStorage.getItem(key)?.split(" ");
  const size = Number(last?.[0] ?? 0);
  if (size > checkpoint.size) {
    return no(say("This browser has seen a longer history before, of %(size)s entries: entries are missing now.", { size: number(size) }));
  }
  if (size > 0 && hex(await tree.root(size)) !== last?.[1]) {
    return no(say("This browser has seen another history before: what stood there was changed."));
  }
  lines.push(size === 0
    ? say("This browser keeps the fingerprint, to compare the next time.")
    : say("It goes on from the %(size)s entries that this browser saw before: none was changed or left out.", { size: number(size) }));
  localStorage.setItem(key, `${checkpoint.size} ${hex(checkpoint.root)}`);
  return { good: true, lines };
}

const no = (line: string): Outcome => ({ good: false, lines: [line] });

function show(place: Element, status: string, title: string, lines: readonly string[]): void {
  const answer = document.createElement("div");
  answer.className = "answer";
  answer.dataset["status"] = status;
  const heading = document.createElement("h2");
  heading.textContent = title;
  answer.append(heading, ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  place.replaceChildren(answer);
}

function begin(): void {
  const panel = document.getElementById("check");
  const button = panel?.querySelector("button");
  const place = panel?.querySelector("[role=status]");
  if (!panel || !button || !place) return;
  fromPage();
  panel.hidden = false;
  button.addEventListener("click", async () => {
    place.textContent = say("Checking …");
    try {
      const { good, lines } = await check(panel.dataset["origin"] ?? "");
      show(place, good ? "VALID" : "INVALID", good ? say("This page agrees with the history") : say("This page does not agree with the history"), lines);
    } catch {
      show(place, "ERROR", say("It could not be checked"), [say("The server did not give its checkpoint or its tiles. Try again in a minute.")]);
    }
  });
}

begin();
