// A verdict in JSON.

/** JSON. Numbers may be beyond 2^53 - 1, which `JSON.stringify` does not print. */
export const toJson = (value: unknown): string => {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${toJson(item)}`).join(",")}}`;
};
