"""An entry of the history in words: one sentence, and the facts of it, for people."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from api.portal.phrases import Phrases
from api.portal.words import Words
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.encoding.text import one_line
from ledger.core.history.agencies import Agencies
from ledger.core.history.entry import Anchored, Attested, Content, Enacted, Entry, EntryKind, Posted, Revoked, Withdrawn
from ledger.core.statements.member_types import NO_DECLARATION, NO_END, ZERO
from ledger.core.statements.origin import Origin
from ledger.core.statements.resolutions import (
    AgencyEnrolment,
    AgencyReinstatement,
    AgencySuspension,
    AttesterAuthorisation,
    AttesterCompromise,
    AttesterRetirement,
    CouncilChange,
    MandateGrant,
    MandateWithdrawal,
    Resolution,
)
from ledger.journeys.history import agency_of


class Fact(NamedTuple):
    """One fact: its name, what is to be read, the whole value in hex where there is one, and where it leads."""

    name: str
    value: str
    code: str = ""
    href: str = ""


class EntryInWords(NamedTuple):
    """An entry for people. ``agency``: the code of the one that it is of or about; empty if of none."""

    number: int
    time: int
    kind: str
    sentence: str
    facts: tuple[Fact, ...]
    agency: str
    hash: str


class Facts:
    """Entries of one history in the words of one language. Agencies have the names of the register."""

    def __init__(self, words: Words, register: Agencies, origin: Origin) -> None:
        self._words, self._phrases = words, Phrases(words)
        self._register, self._origin = register, origin

    def of(self, entry: Entry) -> EntryInWords:
        """The entry in words; Malformed where its payload is not the standard encoding of its kind."""
        content = entry.content
        return EntryInWords(
            entry.number,
            entry.time,
            self.kind(entry.kind),
            self.sentence(content),
            tuple(self.facts(content)),
            agency_of(content, self._register) or "",
            hex_text(entry.hash),
        )

    def kind(self, kind: EntryKind) -> str:
        """What entries of a kind are."""
        say = self._words.say
        match kind:
            case EntryKind.ANCHORED:
                return say("Documents declared")
            case EntryKind.ATTESTED:
                return say("Attestation by an agency")
            case EntryKind.REVOKED:
                return say("Attestation revoked")
            case EntryKind.WITHDRAWN:
                return say("Declaration withdrawn")
            case EntryKind.POSTED:
                return say("Certificate written off")
            case _:
                return say("Resolution of the council")

    def agency(self, code: str) -> str:
        """An agency by the name that the council enrolled, and its code."""
        known = self._register.agencies.get(code)
        return code if known is None else f"{one_line(known.name)} ({code})"

    def sentence(self, content: Content) -> str:  # noqa: PLR0911 (one for each kind)
        """What happened, in one sentence."""
        say, phrases = self._words.say, self._phrases
        match content:
            case Anchored(size=size):
                return self._words.say_many(
                    "%(num)s document was declared.", "%(num)s documents were declared together.", size
                )
            case Attested(attestation=said):
                what = {"kind": phrases.type(said.kind), "outcome": phrases.outcome(said.kind, said.outcome)}
                if said.size == 1:
                    return say("%(agency)s said: %(kind)s, %(outcome)s.", agency=self.agency(said.agency), **what)
                return self._words.say_many(
                    "%(agency)s said for %(num)s document: %(kind)s, %(outcome)s.",
                    "%(agency)s said for %(num)s documents: %(kind)s, %(outcome)s.",
                    said.size, agency=self.agency(said.agency), **what,
                )  # fmt: skip
            case Revoked(revocation=revoked, signer=signer):
                agency, reason = self._agency_of(signer), phrases.reason(revoked.reason)
                if revoked.member == NO_DECLARATION:
                    return say("%(agency)s revoked what it had said: %(reason)s.", agency=agency, reason=reason)
                return say(
                    "%(agency)s revoked what it had said, for one document: %(reason)s.", agency=agency, reason=reason
                )
            case Withdrawn(withdrawal=withdrawal):
                return say(
                    "A party withdrew its declaration: %(reason)s.", reason=phrases.withdrawal(withdrawal.reason)
                )
            case Posted(posting=posting):
                return say(
                    "%(agency)s moved line %(line)s of a certificate to its next sheet.",
                    agency=self.agency(posting.agency), line=posting.line,
                )  # fmt: skip
            case Enacted(resolution=resolution):
                return self._resolution(resolution)
            case _:
                assert_never(content)

    def _resolution(self, resolution: Resolution) -> str:  # noqa: PLR0911 (one for each kind)
        say = self._words.say
        match resolution:
            case CouncilChange(number=0):
                return say("The history began with its first council.")
            case CouncilChange():
                return say("The council got new members.")
            case AgencyEnrolment(name=name, agency=code):
                named = f"{one_line(name)} ({code})"
                return say("The council enrolled the agency %(name)s.", name=named)
            case AgencySuspension(agency=code):
                return say("The council suspended the agency %(name)s.", name=self.agency(code))
            case AgencyReinstatement(agency=code):
                return say("The council reinstated the agency %(name)s.", name=self.agency(code))
            case AttesterAuthorisation(agency=code):
                return say("The council let a key speak for %(name)s.", name=self.agency(code))
            case AttesterRetirement(attester=key):
                return say("The council retired a key of %(name)s.", name=self._agency_of(key))
            case AttesterCompromise(attester=key, since=since):
                return say(
                    "The council declared a key of %(name)s stolen, from %(time)s on.",
                    name=self._agency_of(key), time=self._words.time(since),
                )  # fmt: skip
            case MandateGrant(agency=code, kind=kind):
                return say(
                    "The council let %(name)s attest: %(kind)s.",
                    name=self.agency(code), kind=self._phrases.type(kind),
                )  # fmt: skip
            case MandateWithdrawal(agency=code, kind=kind):
                return say(
                    "The council ended the mandate of %(name)s: %(kind)s.",
                    name=self.agency(code), kind=self._phrases.type(kind),
                )  # fmt: skip
            case _:
                assert_never(resolution)

    def facts(self, content: Content) -> list[Fact]:
        """What the entry holds beside, each fact with its name."""
        say, words = self._words.say, self._words
        match content:
            case Anchored(root, size):
                return [
                    Fact(say("Documents"), words.number(size)),
                    self._hex(say("Fingerprint of the list of declarations"), root),
                ]
            case Attested(said, signer):
                return [
                    Fact(say("Agency"), self.agency(said.agency), href=f"/portal/agencies/{said.agency}"),
                    Fact(say("What is attested"), self._phrases.type(said.kind)),
                    Fact(say("Outcome"), self._phrases.outcome(said.kind, said.outcome)),
                    Fact(say("In force from"), words.time(said.valid_from)),
                    Fact(say("In force until"), self._end(said.valid_until)),
                    Fact(say("Documents"), words.number(said.size)),
                    self._key(say("Key of the agency"), signer),
                    self._hex(say("Fingerprint of the agency's own document"), said.detail),
                    self._hex(say("Name of the attestation"), said.id(self._origin)),
                ]
            case Revoked(revoked, signer):
                facts = [
                    Fact(say("Agency"), self._agency_of(signer)),
                    Fact(say("Reason"), self._phrases.reason(revoked.reason)),
                    self._hex(say("Name of the attestation"), revoked.attestation),
                    self._key(say("Key of the agency"), signer),
                ]
                if revoked.member != NO_DECLARATION:
                    facts.insert(3, self._hex(say("Only for the declaration"), revoked.member))
                return facts
            case Withdrawn(declaration, withdrawal):
                return [
                    Fact(say("Reason"), self._phrases.withdrawal(withdrawal.reason)),
                    Fact(say("Type of document"), self._phrases.type(declaration.document_type)),
                    self._hex(say("Declaration"), withdrawal.declaration),
                    self._hex(say("Replaced by the declaration"), withdrawal.replacement),
                    self._key(say("Key of the party"), declaration.party),
                ]
            case Posted(posting, signer):
                return [
                    Fact(say("Agency"), self.agency(posting.agency), href=f"/portal/agencies/{posting.agency}"),
                    Fact(say("Line"), str(posting.line)),
                    self._hex(say("Declaration of the certificate"), posting.member),
                    self._hex(say("Sheet until now"), posting.from_),
                    self._hex(say("Next sheet"), posting.to),
                    self._key(say("Key of the agency"), signer),
                ]
            case Enacted(resolution, endorsements):
                signed = [self._key(say("Signed by the member"), one.signer) for one in endorsements]
                return [*self._of_resolution(resolution), *signed]
            case _:
                assert_never(content)

    def _of_resolution(self, resolution: Resolution) -> list[Fact]:
        say, words = self._words.say, self._words
        facts = [Fact(say("Number of the resolution"), str(resolution.number))]
        match resolution:
            case CouncilChange(members, threshold):
                facts += [self._key(say("Member of the council"), member) for member in members]
                facts.append(Fact(say("How many members decide"), str(threshold)))
            case AgencyEnrolment(name=name, jurisdiction=country, uri=uri):
                facts += [
                    Fact(say("Name"), one_line(name)),
                    Fact(say("Country"), words.country(country)),
                    Fact(say("Address on the web"), one_line(uri)),
                ]
            case AttesterAuthorisation(attester=key) | AttesterRetirement(attester=key):
                facts.append(self._key(say("Key of the agency"), key))
            case AttesterCompromise(attester=key, since=since):
                facts += [self._key(say("Key of the agency"), key), Fact(say("Stolen since"), words.time(since))]
            case MandateGrant(from_=begin, until=end):
                facts += [
                    Fact(say("In force from"), say("its entry") if begin == 0 else words.time(begin)),
                    Fact(say("In force until"), self._end(end)),
                ]
        return facts

    def _agency_of(self, signer: Signer) -> str:
        known = self._register.attesters.get(signer)
        return self._words.say("an agency") if known is None else self.agency(known.agency)

    def _key(self, name: str, signer: Signer) -> Fact:
        return Fact(name, self._phrases.key(signer, self._origin), hex_text(signer))

    def _hex(self, name: str, value: bytes) -> Fact:
        if value == ZERO:
            return Fact(name, self._words.say("none"))
        return Fact(name, "", hex_text(value))

    def _end(self, until: int) -> str:
        return self._words.say("no end") if until == NO_END else self._words.time(until)
