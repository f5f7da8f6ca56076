// The box at the top of a page that says what is wrong, and the line that says what goes on: parts/problem.html.
import { make, part } from "./show.ts";

/** What is wrong, in words; `at`: the id of the place where it can be put right. */
export interface Problem {
  readonly words: string;
  readonly at?: string;
}

/** Say what is wrong: the focus goes there. Nothing is wrong where there is nothing to say. */
export function tell(problems: readonly Problem[], ...more: readonly Node[]): void {
  const box = part("problem", HTMLElement);
  part("problems", HTMLElement).replaceChildren(
    ...problems.map(({ words, at }) => make("li", at === undefined ? words : make("a", words, { href: `#${at}` }))),
  );
  part("problem-actions", HTMLElement).replaceChildren(...more);
  box.hidden = problems.length === 0;
  if (problems.length > 0) box.focus();
}

/** Say what goes on; empty: nothing does. */
export function goesOn(words: string): void {
  part("status", HTMLElement).textContent = words;
}
