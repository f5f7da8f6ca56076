// The list of one's documents: beside each, the name that this computer noted when it was declared.
import { notedNames } from "./drafts.ts";

const names = notedNames();
for (const place of document.querySelectorAll<HTMLElement>("[data-named]")) {
  const name = names.get(place.dataset["named"] ?? "");
  if (name !== undefined) place.textContent = name;
}
