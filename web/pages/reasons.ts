// Why a verdict is not good, in the words of people: what was found, and what to do about it. A code that is not here is
// said in the words of its check.
import type { Check } from "../verifier/verdict.ts";
import { fieldInWords } from "./paths.ts";
import { say, time, type Values } from "./words.ts";

type Reason = (values: Values, who: string) => string;

const notProven: Reason = () => say("The evidence does not prove that the document is in the history that it names.");
const leftOut: Reason = () =>
  say("Something was left out of the evidence. Ask for the evidence anew, from the ledger and not from whoever sent it.");
const history: Reason = () => say("An entry that the evidence shows is not in the history that you trust.");
const notSigned: Reason = () => say("The history in the evidence is not signed by the ledger that you trust.");
const cannotSay: Reason = (_, who) =>
  say("Nobody can say here whether %(who)s signed this. Ask %(who)s.", { who });
const noAuthority: Reason = (_, who) =>
  say("Nothing shows that %(who)s had the authority to say this at that time.", { who });
const wrongSignature: Reason = (_, who) => say("The signature in the name of %(who)s is wrong.", { who });
const another: Reason = () => say("This is not the document that was declared.");

const REASONS: Readonly<Record<string, Reason>> = {
  "disclosure.another": () => say("The evidence shows fields of another document than the one that was declared."),
  "document.another": another,
  "document.changed": (values) => say("This document was changed after it was declared. Changed: %(paths)s", values),
  "document.fields_differ": () =>
    say("After this document was declared, fields were removed from it or added to it."),
  "document.plain_differs": another,
  "document.plain_in_part": (values) =>
    say(
      "What can be compared is the same. But the evidence hides fields (%(hidden)s), so nobody can say whether the whole file is the declared document. Ask for the wrapped file, or for a copy that shows the fields you need.",
      values,
    ),
  "document.plain_not_compared": () =>
    say("The evidence shows no field to compare your file with. Ask for the wrapped file, or for a copy that shows the fields you need."),
  "batch.not_included": notProven,
  "sets.not_included": notProven,
  "anchor.none": notProven,
  "anchor.later": (values) => say("The document was declared only later: on %(time)s.", values),
  "anchor.clock_behind": () => say("The clock of this computer is behind. Set it right, and check again."),
  "origin.checkpoint_of_another": notProven,
  "origin.another_trusted": () => say("The evidence is from a history that you do not trust: no trust file names it."),
  "origin.another_beginning": () => say("The history in the evidence begins otherwise than its name says."),
  "origin.nothing_trusted": () =>
    say("You have not said whom you trust. Add a trust file, which you got another way than the document."),
  "checkpoint.not_signed": notSigned,
  "checkpoint.key_ended": notSigned,
  "witnesses.too_few": (values) =>
    say("Too few witnesses have confirmed the history: %(found)s. Demanded: %(demanded)s.", values),
  "witnesses.wrong_line": () => say("The signature of a witness is wrong."),
  "entries.not_included": history,
  "entries.times_go_back": history,
  "entries.resolutions_go_back": history,
  "complete.not_shown": leftOut,
  "complete.not_listed": leftOut,
  "complete.not_proven": leftOut,
  "complete.another_index": leftOut,
  "declaration.not_signed": () => say("The signature of the trader who declared the document is wrong."),
  "freshness.stale": () => say("The evidence is too old. Ask for newer evidence of the same document."),
  "withdrawal.withdrawn": (values) => say("The trader withdrew this document on %(time)s.", values),
  "withdrawal.not_signed": (values) =>
    say("The history says that the document was withdrawn on %(time)s, but the trader did not sign that.", values),
  "in_force.revoked": (_, who) => say("%(who)s has taken back what it said.", { who }),
  "in_force.revocation_in_doubt": (_, who) =>
    say("What %(who)s said was taken back with a key that was reported stolen. Ask %(who)s.", { who }),
  "in_force.compromised": (_, who) =>
    say("What was said in the name of %(who)s was signed with a key that was reported stolen.", { who }),
  "in_force.before_validity": (values, who) =>
    say("What %(who)s says begins to be true only on %(valid_from)s.", { who, ...values }),
  "in_force.expired": (values, who) => say("What %(who)s said ran out on %(valid_until)s.", { who, ...values }),
  "revocation.not_signed": wrongSignature,
  "revocation.only_contract": cannotSay,
  "revocation.not_empowered": noAuthority,
  "compromise.unsafe": (values, who) =>
    say("The key of %(who)s was reported stolen from %(since)s: a thief may have signed this.", { who, ...values }),
  "compromise.undecidable": (values, who) =>
    say("The key of %(who)s was reported stolen from %(since)s. This was signed so close to it that nobody can say who signed.", {
      who,
      ...values,
    }),
  "set.not_included": (_, who) => say("The evidence does not prove that %(who)s spoke of this document.", { who }),
  "signature.not_signed": wrongSignature,
  "signature.only_contract": cannotSay,
  "authority.no_first_council": noAuthority,
  "authority.other_first_entry": noAuthority,
  "authority.no_quorum": noAuthority,
  "authority.not_enrolled": noAuthority,
  "authority.not_authorised": noAuthority,
  "authority.no_mandate": noAuthority,
  "authority.suspended": noAuthority,
  "authority.attester_ended": noAuthority,
  "authority.only_contract": cannotSay,
  "pages.another": () => say("This PDF is not the one that was declared."),
};

function named(paths: readonly string[]): string {
  return paths.map((path) => (path === "" ? say("the content") : fieldInWords(path))).join("; ");
}

const TIMES = ["time", "valid_from", "valid_until", "since"];

/** What a check that is not good means, for people. `who`: the agency that it is about, if it is about one. */
export function reasonInWords(check: Check, who: string): string {
  const reason = REASONS[check.code];
  if (reason === undefined) return check.words;
  const values: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(check.params)) {
    if (name === "paths" && Array.isArray(value)) values[name] = named(value.map(String));
    else if (typeof value === "number") values[name] = TIMES.includes(name) ? time(value) : value;
    else if (typeof value === "string") values[name] = value;
    else if (Array.isArray(value)) values[name] = value.join(", ");
  }
  return reason(values, who);
}
