// A declaration's state as it changes: sets the texts of the elements with `data-live` and `data-step`. Without it, a
// person looks again.
import { fromPage, mark, say } from "./words.ts";

const STATES: Readonly<Record<string, string>> = {
  pending: mark("Received, waits for its entry"),
  batched: mark("Received, waits for its entry"),
  sent: mark("On its way into the history"),
  anchored: mark("Entered in the history"),
  final: mark("Entered in the history for good"),
};
const DONE: Readonly<Record<string, readonly string[]>> = { anchored: ["anchored"], final: ["anchored", "final"] };

function told(state: string, place: HTMLElement): void {
  const line = place.querySelector<HTMLElement>("[data-live=state]");
  const text = STATES[state];
  if (line === null || text === undefined || line.dataset["state"] === state) return;
  line.dataset["state"] = state;
  line.textContent = say(text);
  for (const step of place.querySelectorAll<HTMLElement>("[data-step]")) {
    const isDone = step.dataset["step"] === "pending" || (DONE[state] ?? []).includes(step.dataset["step"] ?? "");
    step.className = isDone ? "done" : "open";
    const waits = step.querySelector<HTMLElement>("[data-waits]");
    if (waits) waits.hidden = isDone;
  }
}

function stateIn(data: unknown): string {
  const value: unknown = JSON.parse(String(data));
  return typeof value === "object" && value !== null && "state" in value ? String(value.state) : "";
}

for (const place of document.querySelectorAll<HTMLElement>("[data-stream]")) {
  fromPage();
  const events = new EventSource(place.dataset["stream"] ?? "");
  events.addEventListener("state", (event: MessageEvent<unknown>) => told(stateIn(event.data), place));
}
