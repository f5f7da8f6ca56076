// What people read, in their language. The English text is the key of its translations: scripts/words.py finds the
// texts, checks that every language has them, and writes words.json; the build puts into a page only those it says.
import TABLE from "./words.json";

// For each English text: its translations in the order of TRANSLATED; for a text that goes with a number, their forms.
const translations: Readonly<Record<string, readonly (string | readonly string[])[]>> = TABLE;

export const LANGUAGES = { en: "English", fr: "Français", es: "Español", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES | "xx";
const TRANSLATED: readonly Language[] = ["fr", "es", "ar"];
const FORMS: Partial<Record<Language, readonly string[]>> = { ar: ["zero", "one", "two", "few", "many", "other"] };
const ONE_OR_MORE = ["one", "other"];
const KEPT_AS = "language";

export type Values = Readonly<Record<string, string | number>>;

let chosen: Language = "en";

export const isLanguage = (name: string): name is Language => name in LANGUAGES || name === "xx";

// The language in which texts are said.
export const language = (): Language => chosen;

// Name of the language for Intl, in the digits 0 to 9.
export const locale = (): string => (chosen === "xx" ? "en" : `${chosen}-u-nu-latn`);

// Says everything in this language from now on. The server's pages come in their language: see `fromPage`.
export function speak(to: Language): void {
  chosen = to;
  document.documentElement.lang = to === "xx" ? "en" : to;
  document.documentElement.dir = to === "ar" || to === "xx" ? "rtl" : "ltr";
}

// The language of a page that the server made.
export function fromPage(): void {
  const named = document.documentElement.dataset["language"] ?? document.documentElement.lang;
  if (isLanguage(named)) chosen = named;
}

// The language that was chosen on these pages before, or else the best of those that the browser names.
export function preferred(): Language {
  const kept = /(?:^|;\s*)language=([a-z]{2})/.exec(document.cookie)?.[1] ?? fromStorage();
  for (const name of [kept, ...navigator.languages]) {
    const short = name?.slice(0, 2).toLowerCase() ?? "";
    if (isLanguage(short)) return short;
  }
  return "en";
}

// Keeps the choice for the next visit: in a cookie that names nothing else; from a file, which has none, in storage.
export function keep(to: Language): void {
  if (location.protocol.startsWith("http")) document.cookie = `${KEPT_AS}=${to}; path=/; max-age=31536000; samesite=lax`;
  try {
    localStorage.setItem(KEPT_AS, to);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function fromStorage(): string | undefined {
  try {
    return localStorage.getItem(KEPT_AS) ?? undefined;
  } catch {
    return undefined;
  }
}

const longer = (text: string): string => `⟦${text}${" ~~~~".repeat(Math.ceil(text.length * 0.08))}⟧`;

const filled = (text: string, values: Values): string =>
  text.replaceAll(/%\((\w+)\)s|%%/g, (whole, name: string | undefined) =>
    name === undefined ? "%" : String(values[name] ?? whole));

function translated(english: string): string | readonly string[] | undefined {
  if (!Object.hasOwn(translations, english)) return undefined;
  return translations[english]?.[TRANSLATED.indexOf(chosen)];
}

// The text in the chosen language, its parameters `%(name)s` filled in; a percent sign is written `%%`.
export function say(english: string, values: Values = {}): string {
  const found = translated(english);
  const text = typeof found === "string" ? found : english;
  return filled(chosen === "xx" ? longer(text) : text, values);
}

// The text that goes with a number, which it names `%(num)s`.
export function sayMany(one: string, many: string, num: number, values: Values = {}): string {
  const forms = translated(one);
  const category = new Intl.PluralRules(locale()).select(num);
  const at = (FORMS[chosen] ?? ONE_OR_MORE).indexOf(category);
  const english = num === 1 ? one : many;
  const text = Array.isArray(forms) ? String(forms.at(at)) : english;
  return filled(chosen === "xx" ? longer(text) : text, { num: number(num), ...values });
}

// The text as it is: marks a text that is said elsewhere, so that scripts/words.py finds it.
export const mark = (english: string): string => english;

// A whole number with the language's separators.
export const number = (value: number): string => new Intl.NumberFormat(locale(), { useGrouping: true }).format(value);

// A moment, in seconds since 1970, to the minute: "27 November 2026, 00:22 UTC".
export function time(seconds: number): string {
  const clock = new Date(seconds * 1000).toISOString().slice(11, 16);
  return `${day(seconds)}${chosen === "ar" ? "،" : ","} ${clock} UTC`;
}

// The day of a moment, in UTC: "27 November 2026".
export const day = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString(chosen === "en" || chosen === "xx" ? "en-GB" : locale(), {
    timeZone: "UTC", day: "numeric", month: "long", year: "numeric",
  });

// A country's name by its ISO 3166 code of two letters; the code itself where there is no name.
export function country(code: string): string {
  try {
    return new Intl.DisplayNames([locale()], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

// Says the page's fixed texts: of each element with `data-say`, whose English text is the key. Attributes are named in
// `data-say-attributes`, e.g. "aria-label placeholder". May be called again after another language was chosen.
export function sayPage(root: ParentNode = document): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-say]")) {
    element.dataset["say"] ||= (element.textContent ?? "").trim().replaceAll(/\s+/g, " ");
    element.textContent = say(element.dataset["say"]);
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-say-attributes]")) {
    for (const name of (element.dataset["sayAttributes"] ?? "").split(" ")) {
      const key = `data-english-${name}`;
      const english = element.getAttribute(key) ?? element.getAttribute(name) ?? "";
      element.setAttribute(key, english);
      element.setAttribute(name, say(english));
    }
  }
}
