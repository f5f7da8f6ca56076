"""What a check can find: one code each, with its status and its English. docs/evidence-format.md, "The codes".

The part of a code before its point names the step. A portal in another language translates the codes and puts the same
parameters in; the English here is one translation among others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ledger.core.encoding.reading import hex_text
from ledger.core.verification.verdict import Check, Message, Question, Status
from ledger.core.verification.wording import Param, Template


class Step(NamedTuple):
    """Number of a step in docs/evidence-format.md, and the question that it belongs to."""

    number: int
    question: Question


STEPS = {
    "disclosure": Step(1, Question.INTACT),
    "document": Step(2, Question.INTACT),
    "batch": Step(3, Question.INTACT),
    "sets": Step(4, Question.INTACT),
    "origin": Step(5, Question.INTACT),
    "checkpoint": Step(6, Question.INTACT),
    "checkpoint_on_chain": Step(6, Question.INTACT),
    "witnesses": Step(7, Question.INTACT),
    "entries": Step(8, Question.INTACT),
    "anchor": Step(9, Question.INTACT),
    "declaration": Step(10, Question.AUTHORITY),
    "freshness": Step(11, Question.IN_FORCE),
    "withdrawal": Step(12, Question.IN_FORCE),
    "in_force": Step(13, Question.IN_FORCE),
    "revocation": Step(13, Question.IN_FORCE),
    "compromise": Step(14, Question.IN_FORCE),
    "set": Step(15, Question.AUTHORITY),
    "signature": Step(16, Question.AUTHORITY),
    "authority": Step(17, Question.AUTHORITY),
    "policy": Step(18, Question.AUTHORITY),
    "refusal": Step(19, Question.IN_FORCE),
    "shown": Step(20, Question.INTACT),
    "pages": Step(21, Question.INTACT),
    "complete": Step(22, Question.INTACT),
    "since": Step(23, Question.IN_FORCE),
}

_VALID, _INVALID, _SKIPPED, _ERROR = Status.VALID, Status.INVALID, Status.SKIPPED, Status.ERROR
_ANOTHER_DOCUMENT = "the document is not the one declared: its digest is {digest}"
_NO_PROOF = "the proof does not show the declaration as number {index} of {size} under {root}: {reason}"
_AS_OF = "as of entry {last_entry}[, {last_time!t}][, seen by {witnesses} witnesses until {witnessed_until!t}]"
_STOLEN = "the key is declared compromised from {since!t}, and entry {entry} is of {time!t}"
_WANTED = "the policy demands a {kind!k}[ from {jurisdictions!o}][ with the outcome {outcomes!u}]"
_CLOUD_PASSKEY = "a passkey that may be kept in the owner's cloud account"
_REFUSED = "the policy refuses an attestation of kind {kind} with outcome {outcomes!o}"
_ACCEPTED = (
    "the contract accepted the wallet's signature when entry {entry} was written; the wallet cannot be asked about the "
    "past"
)


def _message(status: Status, words: str) -> Message:
    return Message(status, Template(words))


CODES = {
    "disclosure.declared": _message(
        _VALID, "the evidence discloses {shown} of the declared document's {fields} fields"
    ),
    "disclosure.another": _message(
        _INVALID, "the evidence discloses another document than the one declared: its digest is {digest}"
    ),
    "document.declared": _message(
        _VALID, "the document has the declared digest {digest}: {shown} fields are shown, {hidden} hidden"
    ),
    "document.not_given": _message(_SKIPPED, "no document given: only its digest is proven"),
    "document.another": _message(_INVALID, _ANOTHER_DOCUMENT),
    "document.changed": _message(_INVALID, f"{_ANOTHER_DOCUMENT}; changed: {{paths}}[ and {{more}} more]"),
    "document.fields_differ": _message(
        _INVALID, f"{_ANOTHER_DOCUMENT}; every field shown is as declared, so a field was removed or added"
    ),
    "document.plain_same": _message(
        _VALID,
        "the plain file has the {shown} fields of the declared document and no other; the evidence discloses all",
    ),
    "document.plain_in_part": _message(
        _ERROR,
        "the {shown} fields that the evidence discloses are the same in the plain file; {hidden} more cannot be "
        "compared: ask for the wrapped file, for a redacted copy, or for evidence that discloses all",
    ),
    "document.plain_differs": _message(
        _INVALID,
        "the plain file is not the declared document[: different, missing or added are {paths}][ and {more} more]; it "
        "has {found} fields, and the declared document {declared}",
    ),
    "document.plain_not_compared": _message(
        _ERROR,
        "the evidence discloses no field, so a plain file cannot be compared with it: ask for the wrapped file, for a "
        "redacted copy, or for evidence that discloses fields",
    ),
    "batch.included": _message(_VALID, "number {index} of {size} declarations under batch root {root}"),
    "batch.not_included": _message(_INVALID, _NO_PROOF),
    "sets.included": _message(_VALID, "and in {count} more sets"),
    "sets.not_included": _message(_INVALID, _NO_PROOF),
    "origin.trusted": _message(_VALID, "history {origin}"),
    "origin.checkpoint_of_another": _message(_INVALID, "the checkpoint is of another history: {found}"),
    "origin.another_trusted": _message(_INVALID, "evidence of {origin}, but only {trusted!o} is trusted"),
    "origin.another_beginning": _message(
        _INVALID, "entry 0 is not the one that the origin {origin} names: its hash is {found}"
    ),
    "origin.another_chain": _message(
        _ERROR,
        "evidence of {origin}, but the chain that was asked has {found}, which cannot say anything about it: ask a "
        "node of {origin}, or verify offline with its trust root",
    ),
    "origin.nothing_trusted": _message(
        _ERROR, "no trust root given and no chain asked: nothing says whether this history is real"
    ),
    "checkpoint.signed": _message(_VALID, "the history of {size} entries is signed by {name} (key {key})"),
    "checkpoint.not_signed": _message(
        _INVALID, "the checkpoint is not signed by {name}[ with a key that counts at its size: {keys}]"
    ),
    "checkpoint.key_ended": _message(
        _INVALID, "the checkpoint of {size} entries is signed by {name} with the key {key}, which counts up to {up_to}"
    ),
    "checkpoint_on_chain.same": _message(
        _VALID, "the chain's first {size} entries have the checkpoint's root and index"
    ),
    "checkpoint_on_chain.same_root": _message(
        _VALID,
        "the chain's first {size} entries have the checkpoint's root; its index was not compared, because none of this "
        "size is kept here",
    ),
    "checkpoint_on_chain.another_index": _message(
        _INVALID, "the chain's first {size} entries have the index {found}, and the checkpoint has {signed}"
    ),
    "checkpoint_on_chain.longer": _message(_INVALID, "the checkpoint has {size} entries, the chain has {found}"),
    "checkpoint_on_chain.another": _message(
        _INVALID, "the chain's first {size} entries have another root than the checkpoint"
    ),
    "witnesses.enough": _message(
        _VALID,
        "cosigned by {found} of {known} known witnesses; {demanded} are demanded, and as many had cosigned at {time!t}",
    ),
    "witnesses.too_few": _message(
        _INVALID,
        "cosigned by {found} of {known} known witnesses; {demanded} are demanded[; {later} more cosigned only "
        "later than the verifier's clock]",
    ),
    "witnesses.wrong_line": _message(_INVALID, "a line of a known witness is wrong: {reason}"),
    "entries.included": _message(_VALID, "all {count} entries shown are in the checkpoint"),
    "entries.not_included": _message(_INVALID, "shown and not in the checkpoint: entries {numbers}[ and {more} more]"),
    "entries.times_go_back": _message(_INVALID, "entry {entry} is of an earlier time than the entry shown before it"),
    "entries.resolutions_go_back": _message(
        _INVALID, "the resolution of entry {entry} has no higher number than the one shown before it"
    ),
    "complete.all_shown": _message(
        _VALID,
        "the {entries} entries shown are all there are about {subjects} subjects in question: nothing is left out",
    ),
    "complete.not_shown": _message(_INVALID, "left out: entries {numbers}[ and {more} more], which the index lists"),
    "complete.not_listed": _message(
        _INVALID, "shown and about nothing in question: entries {numbers}[ and {more} more]"
    ),
    "complete.not_proven": _message(_INVALID, "that nothing is left out is not proven: {reason}"),
    "complete.another_index": _message(
        _INVALID,
        "that nothing is left out is not proven: the lists lead to the index {found}, and the checkpoint has {signed}",
    ),
    "anchor.anchored": _message(_VALID, "anchored by entry {entry} at {time!t}"),
    "anchor.later": _message(_INVALID, "anchored by entry {entry} only at {time!t}"),
    "anchor.clock_behind": _message(
        _ERROR,
        "anchored by entry {entry} at {time!t}, later than the verifier's clock, {clock!t}: that clock is behind. "
        "Set it right, or say the time of the verdict",
    ),
    "anchor.none": _message(_INVALID, "no entry anchors this batch root and size"),
    "declaration.signed": _message(_VALID, "declared and signed by the party {signer}"),
    "declaration.signed_by_passkey": _message(
        _VALID, "declared and signed by the party {signer}, a passkey[, at {site}]"
    ),
    "declaration.signed_by_cloud_passkey": _message(
        _VALID, f"declared and signed by the party {{signer}}, {_CLOUD_PASSKEY}[, at {{site}}]"
    ),
    "declaration.not_signed": _message(_INVALID, "not signed by the party {signer}: {reason}"),
    "freshness.recent": _message(_VALID, f"{_AS_OF}; the policy allows {{allowed}} s"),
    "freshness.stale": _message(_INVALID, f"{_AS_OF}; the policy allows {{allowed}} s"),
    "since.replayed": _message(_VALID, f"the chain's own history, {_AS_OF}"),
    "since.recent": _message(_VALID, f"as recent as the policy demands, {_AS_OF}"),
    "since.not_known": _message(_SKIPPED, f"what came later is not known: {_AS_OF}"),
    "withdrawal.none": _message(_VALID, f"not withdrawn, {_AS_OF}"),
    "withdrawal.none_shown": _message(_SKIPPED, f"no withdrawal shown, {_AS_OF}"),
    "withdrawal.withdrawn": _message(
        _INVALID, "withdrawn by entry {entry} at {time!t}, {reason_code!w}[; the replacement is {replacement}]"
    ),
    "withdrawal.not_signed": _message(
        _INVALID, "entry {entry} withdraws it at {time!t}, and is not signed by the party {signer}: {reason}"
    ),
    "in_force.not_revoked": _message(
        _VALID, f"{{outcome!u}}: attested by entry {{entry}} at {{time!t}}; not revoked, {_AS_OF}"
    ),
    "in_force.no_revocation_shown": _message(
        _SKIPPED, f"{{outcome!u}}: attested by entry {{entry}} at {{time!t}}; no revocation shown, {_AS_OF}"
    ),
    "in_force.revoked": _message(_INVALID, "{outcome!u}: revoked (entry {entry} at {time!t})"),
    "in_force.lifted": _message(_INVALID, "{outcome!u}: lifted (entry {entry} at {time!t})"),
    "in_force.revocation_in_doubt": _message(
        _ERROR,
        "{outcome!u}: revoked (entry {entry} at {time!t}) with a key declared compromised from before: ask the agency "
        "whether it was theirs",
    ),
    "in_force.compromised": _message(_INVALID, "{outcome!u}: attester compromised (entry {entry} at {time!t})"),
    "in_force.before_validity": _message(
        _INVALID, "{outcome!u}: before its validity, which begins {valid_from!t} (entry {entry})"
    ),
    "in_force.expired": _message(_INVALID, "{outcome!u}: expired {valid_until!t} (entry {entry})"),
    "in_force.not_yet_attested": _message(_INVALID, "{outcome!u}: not yet attested (entry {entry} at {time!t})"),
    "revocation.shown": _message(
        _VALID,
        "revoked by entry {entry} at {time!t}, {reason_code!r}: signed by {signer}, whose key was authorised by entry "
        "{authorised}",
    ),
    "revocation.replayed": _message(
        _VALID, "revoked by entry {entry} at {time!t}, {reason_code!r}: held, by replay of the whole history"
    ),
    "revocation.not_signed": _message(_INVALID, "the revocation in entry {entry} is not signed by {signer}: {reason}"),
    "revocation.contract_accepted": _message(
        _SKIPPED,
        "revoked by entry {entry} at {time!t}, {reason_code!r}: the contract accepted the wallet's signature then; the "
        "wallet cannot be asked about the past",
    ),
    "revocation.only_contract": _message(
        _ERROR, "nobody can say here whether {signer} revoked it in entry {entry}: {reason}; verify online"
    ),
    "revocation.not_empowered": _message(
        _INVALID, "the key {signer} could not revoke it in entry {entry}: {reason} ({because})"
    ),
    "compromise.safe": _message(_VALID, f"safe: {_STOLEN}, before"),
    "compromise.unsafe": _message(_INVALID, f"unsafe: {_STOLEN}, not before: a thief may have made it"),
    "compromise.undecidable": _message(
        _ERROR, f"undecidable: {_STOLEN}, closer than the {{tolerance}} s by which a block's clock may be off"
    ),
    "set.included": _message(_VALID, "the declaration is number {index} of {size} in the attested set"),
    "set.not_included": _message(_INVALID, _NO_PROOF),
    "signature.signed": _message(_VALID, "signed by the attester {signer}"),
    "signature.signed_by_passkey": _message(_VALID, "signed by the attester {signer}, a passkey[, at {site}]"),
    "signature.signed_by_cloud_passkey": _message(
        _VALID, f"signed by the attester {{signer}}, {_CLOUD_PASSKEY}[, at {{site}}]"
    ),
    "signature.not_signed": _message(_INVALID, "not signed by the attester {signer}: {reason}"),
    "signature.contract_accepted": _message(_SKIPPED, f"attester {{signer}}: {_ACCEPTED}"),
    "signature.only_contract": _message(
        _ERROR, "nobody can say here whether the attester {signer} signed: {reason}; verify online"
    ),
    "authority.shown": _message(
        _VALID,
        "{name} ({jurisdiction}): enrolled by entry {enrolled}, key authorised by {authorised}, mandate granted by "
        "{mandated}",
    ),
    "authority.replayed": _message(_VALID, "{name} ({jurisdiction}): held, by replay of the whole history"),
    "authority.no_first_council": _message(_INVALID, "entry 0, the first council, is not shown"),
    "authority.other_first_entry": _message(_INVALID, "entry 0 is not the one that the origin names"),
    "authority.no_quorum": _message(_INVALID, "entry {entry} was not enacted by the council: {reason}"),
    "authority.not_enrolled": _message(_INVALID, "no entry shows that {agency} was enrolled"),
    "authority.not_authorised": _message(_INVALID, "no entry shows that {agency} authorised this attester's key"),
    "authority.no_mandate": _message(_INVALID, "no entry shows a mandate of {agency} for kind {kind} then"),
    "authority.suspended": _message(_INVALID, "{agency} was suspended before it attested"),
    "authority.attester_ended": _message(_INVALID, "the attester was retired or compromised before it attested"),
    "authority.contract_accepted": _message(_SKIPPED, f"{{name}} ({{jurisdiction}}): held, by replay; {_ACCEPTED}"),
    "authority.only_contract": _message(
        _ERROR,
        "{name} ({jurisdiction}): nobody can say here whether the council enacted entry {entry}: {reason}; verify "
        "online",
    ),
    "policy.met": _message(_VALID, f"{_WANTED}: there is one"),
    "policy.not_met": _message(_INVALID, f"{_WANTED}: there is none in force"),
    "policy.undecided": _message(_ERROR, f"{_WANTED}: nobody could say whether the one that is there counts"),
    "refusal.in_force": _message(_INVALID, f"{_REFUSED}: one is in force"),
    "refusal.undecided": _message(_ERROR, f"{_REFUSED}: nobody could say whether the one that is there counts"),
    "refusal.none": _message(_VALID, f"{_REFUSED}: none is in force, {_AS_OF}"),
    "refusal.none_shown": _message(_SKIPPED, f"{_REFUSED}: none is shown, {_AS_OF}"),
    "shown.enough": _message(_VALID, "what the policy demands is shown: {shown} fields, and {hidden} are hidden"),
    "shown.nothing": _message(
        _INVALID, "the policy demands fields, and no document with the declared digest shows any"
    ),
    "shown.missing": _message(_INVALID, "the policy demands fields that are not shown: {patterns}[ and {more} more]"),
    "pages.declared": _message(_VALID, "the PDF, as it was before evidence was attached, is the declared document"),
    "pages.another": _message(
        _INVALID, "the PDF, as it was before evidence was attached, is another document: its digest is {digest}"
    ),
    "pages.not_proven": _message(
        _SKIPPED, "the PDF only carries the evidence: its pages are not proven, the data in the evidence is"
    ),
    "shown.too_few": _message(
        _INVALID, "{shown} fields are shown and {hidden} hidden; the policy allows {allowed} hidden fields"
    ),
}


def make_check(code: str, about: str, decisive: bool, params: Mapping[str, Param | bytes]) -> Check:
    """The check that a code and its parameters make; ``about`` names the attestation it belongs to, if it does to one.

    Bytes become lower-case hex with 0x. KeyError for a code that is not in the table.
    """
    prefix = code.partition(".")[0]
    step, name = STEPS[prefix], prefix.replace("_", " ")
    plain: dict[str, Param] = {key: hex_text(item) if isinstance(item, bytes) else item for key, item in params.items()}
    return Check(step.number, f"{about} {name}" if about else name, step.question, code, CODES[code], plain, decisive)
