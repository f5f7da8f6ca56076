// Makes elements by DOM calls only: pages forbid innerHTML, so that no text of others can become markup.

export type Content = string | Node | readonly Content[];

/** An element with attributes and content. Text is text: nothing in it is read as markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  content: Content = [],
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  append(made, content);
  return made;
}

function append(parent: Node, content: Content): void {
  if (typeof content === "string") parent.appendChild(document.createTextNode(content));
  else if (content instanceof Node) parent.appendChild(content);
  else for (const item of content) append(parent, item);
}

/** The element of this id. An Error if the page has none, or one of another kind: then page and script do not fit. */
export function part<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`this page has no ${kind.name} with the id ${id}`);
  return found;
}

/** A table with a caption. `head` names the columns; the first cell of each row is the row's heading. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Content[])[]): HTMLTableElement {
  const columns = head.map((name) => make("th", name, { scope: "col" }));
  return make("table", [
    make("caption", caption),
    head.length > 0 ? make("thead", make("tr", columns)) : [],
    make("tbody", rows.map((cells) => make("tr", cells.map((cell, at) => (at === 0 ? make("th", cell, { scope: "row" }) : make("td", cell)))))),
  ]);
}

/** What can be unfolded below a line of text; closed at first. */
export const folded = (summary: string, content: Content): HTMLDetailsElement => make("details", [make("summary", summary), content]);

/** Text of others that may be in another language or direction, such as a name: it does not turn what stands round it. */
export const foreign = (text: string): HTMLElement => make("bdi", text);

/** Hex and other codes: to be compared, from left to right in every language. */
export const code = (text: string): HTMLElement => make("code", text, { dir: "ltr" });

/** Let the reader save bytes as a file of this name. */
export function save(name: string, type: string, content: string | Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = make("a", [], { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
