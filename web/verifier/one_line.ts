// Text of others, made harmless to show among one's own words.

/** Text of others as part of one line: what does not print, such as a line end, stands there as an escape. */
export const oneLine = (text: string): string =>
  text.replace(/(?! )[\p{C}\p{Z}]/gu, escaped);

const ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) return ESCAPES[character] ?? `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
};
