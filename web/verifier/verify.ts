// Verification, offline: the checks of evidence-format.md, in its order and under its numbers.
import { Failed, equal, hex } from "./bytes.ts";
import { checkAttestations } from "./attestations.ts";
import { checkFreshness, checkRefusals, checkRequirements, checkShown } from "./demands.ts";
import type { Document } from "./document.ts";
import { Kind } from "./entry.ts";
import {
  checkAnchor, checkBatch, checkCheckpoint, checkComplete, checkDisclosure, checkDocument, checkEntries, checkOrigin,
  checkSets, checkWitnesses,
} from "./intact.ts";
import type { Held } from "./question.ts";
import { checkParty } from "./signed.ts";
import { type AgencyWord, type Verdict, answerOf, conclusionOf, firstLine, isProven } from "./verdict.ts";
import { type Times, Verification, failureIn } from "./verification.ts";

/** Said of evidence in a PDF. */
const PDF_NOTICE =
  "Of a PDF, only the original or the data in the evidence is proven, not what was added to its pages. " +
  "Look at the original, which --original writes, and not at the PDF.";

/** Decides about one document, by the files that somebody holds. */
export const verify = (held: Held, times: Times): Verdict => {
  const verdict = judge(held, times);
  return held.pages === null ? verdict : { ...verdict, notice: PDF_NOTICE };
};

const judge = (held: Held, times: Times): Verdict => {
  const verification = new Verification(held.evidence, times, held.trust, held.policy);

  // Is it intact?
  // (1) What the evidence discloses is of the declared document.
  const disclosed = checkDisclosure(verification);
  // (2) The document that was given is the declared one, or its changed fields are named.
  const document = checkDocument(verification, held.document ?? held.pages?.original ?? null, disclosed);
  // (3) The declaration is in its batch,
  checkBatch(verification);
  // (4) and in every other set of which the evidence has an inclusion.
  checkSets(verification);
  // (5) Evidence, checkpoint and trust root are of one history.
  checkOrigin(verification);
  // (6) The log signed the checkpoint.
  checkCheckpoint(verification);
  // (7) As many known witnesses as are demanded cosigned it.
  checkWitnesses(verification);
  // (8) Every entry shown is in the checkpoint.
  checkEntries(verification);
  // (22) They are all the entries about it: nothing is left out.
  checkComplete(verification);
  // (9) An entry anchored the batch in time.
  checkAnchor(verification);
  // What is not of the history that is trusted says nothing: no signature of it is checked.
  if (!isProven(verification.checks)) return verdictOf(verification, [], document);

  // By whom?
  // (10) The party signed the declaration.
  const { declaration, id, signature } = held.evidence;
  verification.addSignature("declaration", declaration.bytes("party"), id, signature);

  // Is it in force?
  // (11) The evidence is as recent as the policy demands.
  checkFreshness(verification);
  // (23) What came after its last entry is known.
  verification.add(verification.recent ? "since.recent" : "since.not_known", verification.asOf());
  // (12) The party has not withdrawn the declaration.
  checkWithdrawal(verification);

  // (13) to (17) Which attestations of the declaration are in force, and made with authority?
  const candidates = checkAttestations(verification);

  // (18) The attestations that the policy demands are among them.
  checkRequirements(verification, candidates);
  // (19) No attestation that the policy refuses is in force.
  checkRefusals(verification, candidates);
  // (20) The fields that the policy demands are shown, and not too many are hidden.
  checkShown(verification, document);
  // (21) The pages of the PDF in which the evidence came are the declared document, or nothing is said of them.
  if (held.pages !== null) checkPages(verification, held.pages.original);

  // What agencies say: an adverse word even where nobody could judge it, or something is left out.
  const told = candidates.filter(({ word, known }) => word.adverse || (known && verification.complete));
  const words = told.map(({ word }) => word);
  const sorted = [...words.filter((word) => word.adverse), ...words.filter((word) => !word.adverse)];
  return verdictOf(verification, sorted, document);
};

const verdictOf = (verification: Verification, words: readonly AgencyWord[], document: Document | null): Verdict => {
  const { checks, policy, evidence, at, clock } = verification;
  const questions = {
    intact: answerOf("intact", checks),
    in_force: answerOf("in_force", checks),
    authority: answerOf("authority", checks),
  };
  const conclusion = conclusionOf(Object.values(questions), policy.allowSkipped);
  const documentType = Number(evidence.declaration.number("documentType"));
  return {
    first_line: firstLine(conclusion, documentType, checks, words),
    declaration: `0x${hex(evidence.id)}`,
    at,
    clock,
    conclusion,
    questions,
    attested_by: words,
    fields: document === null ? null : { shown: document.fields.length, hidden: document.hidden.length },
    checks,
  };
};

/** Check 12. The first entry by then that withdraws the declaration decides, whether or not the party signed it. */
const checkWithdrawal = (verification: Verification): void => {
  const { facts, evidence, at, complete } = verification;
  const { origin, declaration, id } = evidence;
  const entry = facts.entries.find(
    ({ kind, said, time }) => kind === Kind.Withdrawn && equal(said.bytes("declaration"), id) && time <= at,
  );
  if (entry === undefined) {
    verification.add(complete ? "withdrawal.none" : "withdrawal.none_shown", verification.asOf());
    return;
  }
  const { said, number, time, signed } = entry;
  const party = declaration.bytes("party");
  const reason = failureIn(() => {
    const [by] = signed;
    if (by === undefined) throw new Failed("nobody signed it");
    checkParty(origin, party, origin.id("Withdrawal", said), by.signature);
  });
  if (reason !== null) {
    verification.add("withdrawal.not_signed", { entry: number, time, signer: `0x${hex(party)}`, reason });
    return;
  }
  const isReplaced = said.bytes("replacement").some((byte) => byte !== 0);
  const replacement = isReplaced ? `0x${said.hex("replacement")}` : null;
  const reason_code = Number(said.number("reason"));
  verification.add("withdrawal.withdrawn", { entry: number, time, reason_code, replacement });
};

/** Check 21. */
const checkPages = (verification: Verification, original: Document | null): void => {
  const declared = verification.evidence.declaration.bytes("digest");
  if (original === null) verification.add("pages.not_proven");
  else if (equal(original.digest, declared)) verification.add("pages.declared");
  else verification.add("pages.another", { digest: `0x${hex(original.digest)}` });
};
