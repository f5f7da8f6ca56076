// Trusted Types, which some browsers do not have yet, nor TypeScript's library: a page that demands them runs a text, or
// loads a script, only by way of a policy that its rules name.

interface Policy {
  createScript(text: string): string;
  createScriptURL(url: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: Partial<Policy>): Policy;
}
declare global {
  var trustedTypes: TrustedTypes | undefined;
}

export {};
