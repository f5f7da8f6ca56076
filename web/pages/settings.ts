// What somebody has put into a checking page of their own: trust roots, and a policy. `ledger verify-page` does.
import { readTrust, type TrustRoot } from "../verifier/trust.ts";

export interface Settings {
  /** The trust root files inside, and what they say. */
  readonly trusts: readonly string[];
  readonly roots: readonly TrustRoot[];
  /** The policy file inside. */
  readonly policy: string | null;
  /** Whether a server hands the page out, whose own history it believes. */
  readonly served: boolean;
}

/** Reads the page's block of data; `{}` says nothing. Malformed where a trust root in it is none. */
export function readSettings(text: string): Settings {
  const value: unknown = JSON.parse(text);
  const members = new Map(Object.entries(typeof value === "object" && value !== null ? value : {}));
  const trusts: readonly unknown[] = Array.isArray(members.get("trusts")) ? members.get("trusts") : [];
  const files = trusts.map((trust) => JSON.stringify(trust));
  const policy: unknown = members.get("policy") ?? null;
  return {
    trusts: files,
    roots: files.map((file) => readTrust(new TextEncoder().encode(file))),
    policy: policy === null ? null : JSON.stringify(policy),
    served: members.get("served") === true,
  };
}
