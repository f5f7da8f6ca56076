// The answer to "is this document good?": first what a person needs, then the questions, the fields, and all checks.
import { isAdverse, outcomeInWords, typeInWords } from "../verifier/lists.ts";
import { toJson } from "../verifier/to_json.ts";
import type { Check, Question, Status, Verdict } from "../verifier/verdict.ts";
import { isProven, QUESTIONS } from "../verifier/verdict.ts";
import { whatItSays } from "./fields.ts";
import { reasonInWords } from "./reasons.ts";
import type { Report } from "./report.ts";
import { agencyOf, allSaid, type Said } from "./said.ts";
import { code, type Content, folded, foreign, make, save, table } from "./show.ts";
import { country, say, time } from "./words.ts";

const MOST_REASONS = 5;

interface Head {
  readonly status: Status;
  readonly words: string;
}

/** The whole answer. Its heading has the id `answer`: it should get the focus. `fields`: what the document says. */
export function answer(report: Report, fields: Content = whatItSays(report)): HTMLElement {
  const { verdict } = report;
  const { status, words } = headOf(verdict);
  const heading = make("h2", words, { id: "answer", tabindex: "-1" });
  const box = make("section", [heading, whyNot(verdict), whatItIs(report)], { class: "answer", "data-status": status, "aria-labelledby": "answer" });
  return make("div", [box, said(report), asOf(verdict), questions(verdict), fields, technical(report), buttons(report)]);
}

function headOf(verdict: Verdict): Head {
  const has = (name: string): boolean => verdict.checks.some((check) => check.code === name);
  if (verdict.conclusion === "NOT_GOOD") return { status: "INVALID", words: say("Do not rely on this document") };
  if (verdict.conclusion === "UNDECIDED") return { status: "ERROR", words: say("It cannot be decided") };
  if (verdict.attested_by.some((word) => word.adverse)) {
    return { status: "ERROR", words: say("The document is genuine, but an agency speaks against it") };
  }
  if (has("document.not_given")) return { status: "ERROR", words: say("The evidence is good, but no document was checked") };
  if (has("pages.not_proven")) return { status: "VALID", words: say("The fields below are good. The pages of the PDF are not proven") };
  return { status: "VALID", words: say("This document is good") };
}

/** Why it is not good: each decisive check that says so, at most five. */
function whyNot(verdict: Verdict): Content {
  const weakest: readonly Status[] = verdict.conclusion === "NOT_GOOD" ? ["INVALID"] : ["ERROR", "SKIPPED"];
  if (verdict.conclusion === "GOOD") return [];
  const against = verdict.checks.filter((check) => check.decisive && weakest.includes(check.status));
  // A reason that is no error comes only where there is none: then the policy demands that all is known.
  const errors = against.filter((check) => check.status !== "SKIPPED");
  const told = errors.length > 0 ? errors : against;
  const reasons = [...new Set(told.map((check) => reasonInWords(check, agencyOf(check, verdict))))];
  const rest = reasons.length - MOST_REASONS;
  return make("ul", [
    reasons.slice(0, MOST_REASONS).map((reason) => make("li", reason)),
    rest > 0 ? make("li", say("More reasons: %(count)s. See all checks below.", { count: rest })) : [],
  ]);
}

function whatItIs({ verdict, documentType }: Report): Content {
  const anchored = verdict.checks.find((check) => check.code === "anchor.anchored")?.params["time"];
  const signed = verdict.checks.find((check) => check.code.startsWith("declaration.signed"))?.params["signer"];
  const what = capital(say(typeInWords(documentType)));
  const lines: Content[] = [];
  if (verdict.conclusion !== "NOT_GOOD") {
    lines.push(
      typeof anchored === "number"
        ? make("p", say("%(what)s. It was declared on %(time)s or before.", { what, time: time(anchored) }))
        : make("p", `${what}.`),
    );
  }
  if (verdict.conclusion === "GOOD" && verdict.attested_by.length === 0) {
    lines.push(make("p", say("No agency vouches for it: a trader declared it, and no more.")));
  }
  if (verdict.conclusion === "GOOD" && typeof signed === "string") {
    lines.push(make("p", [say("It was declared by the trader with this key; nothing here vouches for the trader's name:"), " ", code(signed)]));
  }
  return lines;
}

/** What agencies said. It stands apart where the answer is no: then it is not about the file that was given. */
function said({ verdict, documentType }: Report): Content {
  if (!isProven(verdict.checks)) return [];
  const all = allSaid(verdict, isAdverse);
  const differs = verdict.checks.some((check) => check.step <= 2 && check.status === "INVALID");
  const heading = differs ? say("About the document that was declared, which this is not") : say("Who said what");
  if (all.length === 0 && !differs) return verdict.conclusion === "GOOD" ? [] : make("section", [make("h2", heading), make("p", say("No agency said anything."))]);
  return make("section", [
    make("h2", heading),
    differs ? make("p", say("What was declared: %(what)s.", { what: say(typeInWords(documentType)) })) : [],
    all.length === 0 ? make("p", say("No agency said anything.")) : make("ul", all.map((one) => make("li", inWords(one)))),
  ]);
}

function inWords(one: Said): Content {
  const where = one.jurisdiction === null ? one.agency : `${one.agency}, ${country(one.jurisdiction)}`;
  const what = `${capital(say(typeInWords(one.kind)))}: ${say(outcomeInWords(one.kind, one.outcome))}`;
  const { status, words } = standing(one);
  return [
    make("strong", foreign(one.name ?? one.agency)), ` (${where}): ${what}${one.time === null ? "" : `, ${time(one.time)}`}. `,
    make("span", words, { class: "status", "data-status": status }),
  ];
}

/** What became of an attestation, in few words. */
function standing(one: Said): Head {
  if (one.proven === "INVALID") return { status: "INVALID", words: say("Not proven that the agency said so") };
  switch (one.standing) {
    case "revoked": return { status: "INVALID", words: say("Taken back by the agency") };
    case "lifted": return { status: "SKIPPED", words: say("Lifted by the agency") };
    case "revocation_in_doubt": return { status: "ERROR", words: say("Taken back with a stolen key") };
    case "compromised": return { status: "INVALID", words: say("Signed with a stolen key") };
    case "before_validity": return { status: "INVALID", words: say("Not in force yet") };
    case "expired": return { status: "INVALID", words: say("Run out") };
    case "not_yet_attested": return { status: "SKIPPED", words: say("Said only later") };
    default:
      if (one.proven === "ERROR") return { status: "ERROR", words: say("Nobody can say here whether the agency said so") };
      return one.adverse ? { status: "ERROR", words: say("In force, against the goods or the trader") } : { status: "VALID", words: say("In force") };
  }
}

/** Up to when the evidence knows, and what to do for more. */
function asOf(verdict: Verdict): Content {
  const since = verdict.checks.find((check) => check.step === 23);
  if (since === undefined) return [];
  const last = since.params["last_time"];
  const known = typeof last === "number"
    ? say("Known up to %(time)s.", { time: time(last) })
    : say("Known up to entry %(entry)s of the history.", { entry: Number(since.params["last_entry"]) });
  const later = since.status === "VALID"
    ? say("That is as recent as you demand.")
    : say("What came later is not known here: ask for newer evidence of the same document, and check that.");
  return make("section", [make("h2", say("As of when")), make("p", `${known} ${later}`)]);
}

const ASKED: Readonly<Record<Question, () => string>> = {
  intact: () => say("Is it intact?"),
  in_force: () => say("Is it issued and in force?"),
  authority: () => say("By whom, with what authority?"),
};

/** A status in words; the style gives it a sign and a border of its own. */
export function tag(status: Status): HTMLElement {
  const words = { VALID: say("Yes"), INVALID: say("No"), SKIPPED: say("Not known here"), ERROR: say("Could not be checked") }[status];
  return make("span", words, { class: "status", "data-status": status });
}

function questions(verdict: Verdict): Content {
  const rows = QUESTIONS.map((question) => [ASKED[question](), tag(verdict.questions[question])]);
  return table(say("Three questions"), [], rows);
}

/** What only some want: every check with its exact words, and the names of things. */
function technical({ verdict, origin, party }: Report): Content {
  const row = (check: Check): Content[] => [
    check.name,
    tag(check.status),
    check.decisive ? check.words : `${check.words} (${say("does not count")})`,
  ];
  const checks = table(say("In the order of the specification"), [say("Check"), say("Answer"), say("Found")], verdict.checks.map(row));
  const names = table(say("Exact names"), [], [
    [say("Declaration"), code(verdict.declaration)],
    [say("Trader's key"), code(party)],
    [say("History"), code(origin)],
    [say("Judged as at"), time(verdict.at)],
  ]);
  const scroll = { class: "scroll", tabindex: "0", role: "region", "aria-label": say("All checks") };
  return folded(say("All %(count)s checks", { count: verdict.checks.length }), [
    make("p", verdict.first_line, { lang: "en", dir: "ltr" }),
    make("div", [checks, names], scroll),
  ]);
}

function buttons(report: Report): Content {
  const print = make("button", say("Print this answer"), { type: "button", class: "second" });
  print.addEventListener("click", () => window.print());
  const keep = make("button", say("Save this answer as a file"), { type: "button", class: "second" });
  keep.addEventListener("click", () => save("verdict.json", "application/json", `${toJson(report.verdict)}\n`));
  const { original } = report;
  const take = make("button", say("Save the original PDF"), { type: "button", class: "second" });
  take.addEventListener("click", () => { if (original !== null) save("original.pdf", "application/pdf", original); });
  return make("p", [print, keep, original === null ? [] : take], { class: "row" });
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
