// What a statement says, in words: one sentence, the facts of it, and what whoever signs it should know.
// ledger/core/statements/in_words.py is the twin for terminals; tests hold both to the same English.
import { type Bytes, hex } from "../verifier/bytes.ts";
import { type Members, NO_END, type StatementName, membersOf } from "../verifier/statement.ts";
import { oneLine } from "../verifier/one_line.ts";
import { isAdverse, outcomeInWords, revocationInWords, typeInWords, withdrawalInWords } from "./codes.ts";
import { country, say, sayMany, time } from "./words.ts";

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Whether the value is hex, for comparing only. */
  readonly isCode: boolean;
}

export interface Said {
  readonly sentence: string;
  readonly facts: readonly Fact[];
  readonly notes: readonly string[];
}

const LAST_SECOND = 253_402_300_799n; // of the year 9999

/** The statement in the chosen language. */
export function inWords(type: StatementName, said: Members): Said {
  return { sentence: sentence(type, said), facts: facts(type, said), notes: notes(type, said) };
}

function sentence(type: StatementName, said: Members): string {
  const agency = (): string => said.code("agency");
  const kind = (): string => typeInWords(Number(said.number("kind")));
  switch (type) {
    case "SignIn":
      return say("Let me in at %(site)s.", { site: oneLine(said.text("site")) });
    case "Declaration":
      return say("This document is mine: %(type)s.", { type: typeInWords(Number(said.number("documentType"))) });
    case "Withdrawal":
      return say("I withdraw my declaration: %(reason)s.", { reason: withdrawalInWords(Number(said.number("reason"))) });
    case "Attestation":
      return say("%(agency)s attests: %(kind)s, %(outcome)s.", {
        agency: agency(), kind: kind(), outcome: outcomeInWords(Number(said.number("kind")), Number(said.number("outcome"))),
      });
    case "Revocation":
      return say("My agency revokes its attestation: %(reason)s.", { reason: revocationInWords(Number(said.number("reason"))) });
    case "Posting":
      return isZero(said.bytes("from"))
        ? say("%(agency)s opens line %(line)s of a certificate.", { agency: agency(), line: String(said.number("line")) })
        : say("%(agency)s moves line %(line)s of a certificate to its next sheet.", { agency: agency(), line: String(said.number("line")) });
    case "CouncilChange":
      return say("The council gets new members.");
    case "AgencyEnrolment":
      return say("The council enrols the agency %(name)s.", { name: oneLine(said.text("name")) });
    case "AgencySuspension":
      return say("The council suspends the agency %(agency)s.", { agency: agency() });
    case "AgencyReinstatement":
      return say("The council reinstates the agency %(agency)s.", { agency: agency() });
    case "AttesterAuthorisation":
      return say("The council authorises a key to speak for the agency %(agency)s.", { agency: agency() });
    case "AttesterRetirement":
      return say("The council retires the key of an agency.");
    case "AttesterCompromise":
      return say("The council declares the key of an agency compromised.");
    case "MandateGrant":
      return say("The council lets the agency %(agency)s attest: %(kind)s.", { agency: agency(), kind: kind() });
    case "MandateWithdrawal":
      return say("The council ends the mandate of the agency %(agency)s: %(kind)s.", { agency: agency(), kind: kind() });
  }
}

/** Every member but the random ones, in the statement's order. */
function facts(type: StatementName, said: Members): Fact[] {
  const found: Fact[] = [];
  for (const [kind, name] of membersOf(type)) {
    if (RANDOM.includes(name)) continue;
    const label = labelOf(type, name);
    if (kind === "bytes[]") {
      said.list(name).forEach((one) => found.push({ label, value: `0x${hex(one)}`, isCode: true }));
    } else if (kind === "bytes" || kind === "bytes32") {
      const isNone = kind === "bytes32" && isZero(said.bytes(name));
      found.push({ label, value: isNone ? noneOf(type, name) : `0x${said.hex(name)}`, isCode: !isNone });
    } else {
      found.push({ label, value: valueOf(type, kind, name, said), isCode: false });
    }
  }
  return found;
}

const RANDOM: readonly string[] = ["salt", "nonce"];

function noneOf(type: StatementName, name: string): string {
  return type === "Revocation" && name === "member" ? say("all that the attestation is about") : say("none");
}

function valueOf(type: StatementName, kind: string, name: string, said: Members): string {
  if (kind === "string") return oneLine(said.text(name));
  if (name === "jurisdiction") return `${said.code(name)} (${country(said.code(name))})`;
  if (kind === "bytes16") return said.code(name);
  const number = said.number(name);
  const code = (words: string): string => `${words} (${number})`;
  if (name === "size") return sayMany("one document", "%(num)s documents", Number(number));
  if (name === "documentType" || name === "kind") return code(typeInWords(Number(number)));
  if (name === "outcome") return code(outcomeInWords(Number(said.number("kind")), Number(number)));
  if (name === "reason") return code(type === "Revocation" ? revocationInWords(Number(number)) : withdrawalInWords(Number(number)));
  if (kind !== "uint40") return String(number);
  if (number === NO_END && ENDS.includes(name)) return say("no end");
  if (number === 0n && name === "from") return say("from now on");
  return moment(number);
}

const ENDS: readonly string[] = ["validUntil", "until"];

/** A moment to the second, in UTC; beyond the year 9999 the number. */
function moment(at: bigint): string {
  if (at > LAST_SECOND) return say("second %(at)s after 1970", { at: String(at) });
  const seconds = Number(at % 60n);
  return seconds === 0 ? time(Number(at)) : say("%(time)s and %(seconds)s s", { time: time(Number(at)), seconds });
}

function labelOf(type: StatementName, name: string): string {
  switch (name) {
    case "site": return say("Site");
    case "signer": return say("Your key");
    case "time": return say("Time");
    case "party": return say("Your key");
    case "digest": return say("Fingerprint of the document");
    case "documentType": return say("Type of document");
    case "replaces": return say("Replaces the declaration");
    case "declaration": return say("Declaration");
    case "reason": return say("Reason");
    case "replacement": return say("Replaced by the declaration");
    case "agency": return say("Agency");
    case "kind": return say("What is attested");
    case "outcome": return say("Outcome");
    case "detail": return say("Fingerprint of the agency's own document");
    case "validFrom": return say("In force from");
    case "validUntil": return say("In force until");
    case "root": return say("Fingerprint of the list of declarations");
    case "size": return say("About");
    case "attestation": return say("Attestation");
    case "member": return type === "Posting" ? say("Declaration of the certificate") : say("Only for the declaration");
    case "line": return say("Line");
    case "members": return say("Member of the council");
    case "threshold": return say("How many members decide");
    case "resolution": return say("Number of the resolution");
    case "name": return say("Name");
    case "jurisdiction": return say("Country");
    case "uri": return say("Address on the web");
    case "attester": return say("Key of the agency");
    case "since": return say("Compromised since");
    case "from": return type === "Posting" ? say("Sheet until now") : say("In force from");
    case "to": return say("Next sheet");
    case "until": return say("In force until");
    default: return name;
  }
}

function notes(type: StatementName, said: Members): string[] {
  if (type === "Attestation" && isAdverse(Number(said.number("kind")), Number(said.number("outcome")))) {
    return [say("This outcome holds against the goods or their owner.")];
  }
  if (type === "Revocation" || type === "Withdrawal") return [say("This cannot be undone.")];
  if (type === "AttesterCompromise") {
    return [say("This cannot be undone. What the key signed since then no longer counts.")];
  }
  return [];
}

const isZero = (data: Bytes): boolean => data.every((byte) => byte === 0);
