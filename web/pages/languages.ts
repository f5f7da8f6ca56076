// The choice of language of a one-file page: a list with each language by its own name.
import { isLanguage, keep, language, LANGUAGES, preferred, say, sayPage, speak } from "./words.ts";

// Says the page in the preferred language and offers the others in `place`.
// `changed` is called after a choice, so that a page can show again what it has made itself.
export function offerLanguages(place: HTMLElement, changed: () => void = () => undefined): void {
  speak(preferred());
  sayPage();
  const label = document.createElement("label");
  const caption = document.createElement("span");
  const choice = document.createElement("select");
  for (const [name, own] of Object.entries(LANGUAGES)) {
    const option = new Option(own, name, false, name === language());
    option.lang = name;
    choice.append(option);
  }
  const name = () => (caption.textContent = say("Language"));
  choice.addEventListener("change", () => {
    const to = choice.value;
    if (!isLanguage(to)) return;
    keep(to);
    speak(to);
    sayPage();
    name();
    changed();
  });
  name();
  label.append(caption, " ", choice);
  place.append(label);
}
