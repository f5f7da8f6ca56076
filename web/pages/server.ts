// Requests of a page to its own server. The browser sends the session's cookie along, and says where they come from.
import { say } from "./words.ts";

/** What came of a request. `away`: nobody could say, so the same request may be sent again later. */
export type Answer =
  | { readonly outcome: "done"; readonly status: number; readonly body: Response }
  | { readonly outcome: "refused"; readonly status: number; readonly words: string }
  | { readonly outcome: "away"; readonly words: string };

/** Send a request. Never throws: the network being away is an answer too. */
export async function ask(method: "GET" | "POST" | "DELETE", path: string, body?: object | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const content: RequestInit =
    body === undefined ? {}
    : body instanceof Uint8Array ? { body, headers: { "Content-Type": "application/octet-stream" } }
    : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  let found: Response;
  try {
    found = await fetch(path, { method, ...content });
  } catch {
    return { outcome: "away", words: say("The server cannot be reached. Your work is kept; try again when you are connected.") };
  }
  if (found.ok) return { outcome: "done", status: found.status, body: found };
  const detail = await detailOf(found);
  if (found.status === 401) return { outcome: "refused", status: 401, words: say("You are not signed in any more. Sign in again; your work is kept.") };
  if (found.status === 429 || found.status >= 500) {
    return { outcome: "away", words: say("The server cannot do this at the moment: %(reason)s. Your work is kept; try again in a minute.", { reason: detail }) };
  }
  return { outcome: "refused", status: found.status, words: say("The server refused this: %(reason)s", { reason: detail }) };
}

/** What a problem (RFC 9457) says, and by which number its operator finds the request. */
async function detailOf(found: Response): Promise<string> {
  try {
    const value: unknown = await found.json();
    const members = new Map(Object.entries(typeof value === "object" && value !== null ? value : {}));
    const detail: unknown = members.get("detail") ?? members.get("title"), request: unknown = members.get("request");
    if (typeof detail === "string") return typeof request === "string" ? `${detail} (${request})` : detail;
  } catch {
    // No problem in JSON: the status says what there is to say.
  }
  return String(found.status);
}
