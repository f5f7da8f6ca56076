// What the code on a paper leads to: evidence, and perhaps a document that was shared. Both come from the server that
// handed out this page, and nothing of what it sends is believed: the verifier judges it.
import { type Bytes, Failed, hex } from "../verifier/bytes.ts";
import { type Link, shareId, unseal } from "../verifier/share.ts";

const PATIENCE = 60_000; // milliseconds for one answer
const SOON = 60; // seconds until the next try, where the server names no time
const MOST = 17 * 1024 * 1024; // bytes of an answer: a little more than the largest evidence

/** The bytes of what the server gave. */
export type File = Uint8Array<ArrayBuffer>;

/** Why there is no answer. `away`: nobody answers. `busy`: not now; `again`: after how many seconds to ask again. */
export type NoAnswer = { readonly kind: "missing" | "away" } | { readonly kind: "waiting" | "busy"; readonly again: number };

/** The evidence, or why there is none. */
export type Evidence = { readonly kind: "got"; readonly file: File } | NoAnswer;

/**
 * The document that was shared, or why there is none. `none`: the link names none. `changed`: it does not open with the
 * link's key. `insecure`: this page did not come in a way in which browsers let it open one.
 */
export type Shared = { readonly kind: "got"; readonly file: File } | { readonly kind: "none" | "changed" | "insecure" } | NoAnswer;

/** Asks for the evidence. The digest goes in a header, so that no address has it. */
export const evidenceOf = ({ declaration, digest }: Link): Promise<Evidence> =>
  ask(`v1/declarations/0x${hex(declaration)}/evidence`, { "Ledger-Digest": `0x${hex(digest)}`, Accept: "application/json" });

/** Asks for what was shared, and opens it. The key stays on this page. */
export async function sharedBy({ declaration, key }: Link): Promise<Shared> {
  if (key === null) return { kind: "none" };
  if (!isSecureContext) return { kind: "insecure" };
  const answer = await ask(`v1/shares/0x${hex(await shareId(key, declaration))}`, {});
  return answer.kind === "got" ? opened(answer.file, key, declaration) : answer;
}

async function opened(sealed: File, key: Bytes, declaration: Bytes): Promise<Shared> {
  try {
    return { kind: "got", file: await unseal(sealed, key, declaration) };
  } catch (error) {
    if (error instanceof Failed) return { kind: "changed" };
    throw error;
  }
}

async function ask(path: string, headers: Readonly<Record<string, string>>): Promise<Evidence> {
  try {
    const answer = await fetch(path, {
      headers, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok) {
      const file = new Uint8Array(await answer.arrayBuffer());
      return file.length > MOST ? { kind: "away" } : { kind: "got", file };
    }
    const again = Number(answer.headers.get("retry-after")) || SOON;
    if (answer.status === 404) return { kind: "missing" };
    return { kind: answer.status === 409 ? "waiting" : "busy", again };
  } catch {
    return { kind: "away" };
  }
}
