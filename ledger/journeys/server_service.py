"""The service of a server, over its API: no node, no store, no gas. Keys and contents stay on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import orjson

from ledger.core.checkpoints.note import NoteKey
from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.document import Redacted
from ledger.core.document.references import normal_reference
from ledger.core.encoding.ids import AttestationId, DeclarationId, Digest, ShareId, Signer
from ledger.core.encoding.reading import hex_text, read_count, read_hash, read_list, read_string
from ledger.core.encoding.text import harmless
from ledger.core.evidence.evidence import Evidence
from ledger.core.evidence.reading import read_evidence
from ledger.core.evidence.share import NewShare, Share
from ledger.core.history.entry import Entry
from ledger.core.statements.attestation import Attestation
from ledger.core.statements.declaration import Declaration
from ledger.core.statements.origin import Origin
from ledger.core.statements.posting import Posting
from ledger.core.statements.revocation import Revocation
from ledger.core.statements.signature import Algorithm
from ledger.core.statements.statement import Statement
from ledger.core.statements.withdrawal import Withdrawal
from ledger.core.verification.cache import VerificationCache
from ledger.core.verification.verdict import Question, Status
from ledger.core.verification.verify import verify
from ledger.edges.keys.keystore import KeyInfo, SigningKey
from ledger.edges.profiles import Profile, Profiles
from ledger.edges.server_api import BodyTooLarge, Says, ServerApi, silent
from ledger.errors import (
    LedgerError,
    Malformed,
    NotSignedIn,
    Source,
    Unavailable,
    VerificationFailed,
)
from ledger.journeys import server_answers as answers
from ledger.journeys.login import SeenServer, check_believed, log_in, look_at, site_of
from ledger.journeys.progress import Progress
from ledger.journeys.receive import Received, Stored
from ledger.journeys.references import read_copy
from ledger.journeys.server_answers import object_in
from ledger.journeys.service import (
    Anchored,
    AttestationView,
    DeclarationView,
    HistoryPage,
    InboxQuery,
    InboxView,
    MembersView,
    Recorded,
    References,
    Waiting,
)
from ledger.journeys.shares import SHARES, share_path

GROUP = 500  # declarations in one request
ANCHOR_SECONDS = 120  # to wait for a server's anchor
_POLL_SECONDS = 0.5
_MOST_ENTRIES = 200
_TRIES, _PAUSE = 4, 2.0  # lines that the server could not store now are sent again, and how long after (seconds)

_Answer = TypeVar("_Answer")
Confirm = Callable[[SeenServer], None]
"""Makes sure that a server that nobody has seen before is the right one; raises if nobody says so."""


class CommandKey(NamedTuple):
    """The key of a command: what its file says without its passphrase, and what opens it."""

    info: KeyInfo
    open: Callable[[], SigningKey]

    def is_of(self, signer: str) -> bool:
        """Whether this is the key of a signer (hex): its address, or the point after a verifier's address."""
        public = self.info.public
        return signer == public or (self.info.algorithm is Algorithm.P256 and signer.endswith(public[len("0x04") :]))


class ServerService:
    """See ``LedgerService``: that of the server at ``url``.

    :param profiles: what is known of servers on this machine.
    :param confirm: asks whoever gives the command about a server that is not known yet.
    :param trusted: the trust root of an origin, if the command has one, raises VerificationFailed if it has others.
    :param key: the key to sign in with where the server shows something only to its owner; None: none. A session of
        another key is then not shown.
    """

    def __init__(
        self,
        url: str,
        profiles: Profiles,
        confirm: Confirm,
        clock: Callable[[], int],
        *,
        trusted: Callable[[Origin], TrustRoot | None] = lambda origin: None,
        key: CommandKey | None = None,
        proxy: str | None = None,
        says: Says = silent,
    ) -> None:
        self._site = site_of(url)
        self._profiles = profiles
        self._confirm = confirm
        self._clock = clock
        self._trusted = trusted
        self._key = key
        self._proxy = proxy
        self._says = says
        known = profiles.get(self._site)
        session = None if known is None or (known.ends_at or 0) <= clock() else known.session
        if known is not None and key is not None and not key.is_of(known.signer or ""):
            session = None
        self._api = ServerApi(self._site, session, proxy, says)
        self._cache = VerificationCache()

    @property
    def name(self) -> str:
        return self._site

    @property
    def is_server(self) -> bool:
        return True

    def another(self) -> ServerService:
        """With connections of its own. It signs nobody in."""
        made = copy(self)
        made._believed = self._believed
        made._key = None
        made._api = self._api.another()
        return made

    @property
    def group(self) -> int:
        return GROUP

    @property
    def origin(self) -> Origin:
        return self._believed.origin

    @property
    def log_key(self) -> NoteKey | None:
        """The key of the server's log, believed as its history is; None if it has none."""
        return self._believed.log_key

    @cached_property
    def _believed(self) -> SeenServer:
        """The server, believed: by a trust root, by what was believed before, or because somebody said so now."""
        seen = look_at(self._site, self._proxy)
        known, trust = self._profiles.get(self._site), self._trusted(seen.origin)
        if not check_believed(seen, trust, known):
            self._confirm(seen)
        log_key = None if seen.log_key is None else str(seen.log_key)
        if known is None or known.origin != str(seen.origin):
            self._profiles.keep(Profile(self._site, str(seen.origin), log_key))
        elif known.log_key != log_key:
            self._profiles.keep(replace(known, log_key=log_key))
        return seen

    # ---------------------------------------------------------------------------------------------------- declarations

    def declare(self, signed: Sequence[Received]) -> list[Stored | LedgerError]:
        """In groups that the server takes. A line that it could not store now is sent again, a few times."""
        if not signed:
            return []
        try:
            outcomes = self._declare_once(signed)
        except BodyTooLarge:
            if len(signed) == 1:
                raise
            half = len(signed) // 2
            return [*self.declare(signed[:half]), *self.declare(signed[half:])]
        for attempt in range(_TRIES):
            again = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Unavailable)]
            if not again:
                break
            pause = _PAUSE * (attempt + 1)
            self._says(
                f"{len(again)} of {len(signed)} declarations are sent again in {pause:g} s: {outcomes[again[0]]}"
            )
            time.sleep(pause)
            for place, outcome in zip(again, self._declare_once([signed[place] for place in again]), strict=True):
                outcomes[place] = outcome
        failed = next((outcome for outcome in outcomes if isinstance(outcome, Unavailable)), None)
        if failed is not None:
            raise failed
        self._profiles.note_declared(
            self._site,
            [
                (item.id, item.declaration.digest)
                for item, outcome in zip(signed, outcomes, strict=True)
                if isinstance(outcome, Stored)
            ],
        )
        return outcomes

    def _declare_once(self, signed: Sequence[Received]) -> list[Stored | LedgerError]:
        lines = [_line(item) for item in signed]
        answers = self._with_session(lambda: self._api.declare(lines))
        return [self._outcome(item, answer) for item, answer in zip(signed, answers, strict=True)]

    def _outcome(self, item: Received, answer: dict[str, Any]) -> Stored | LedgerError:
        status = answer.get("status")
        if status in (200, 202):
            if answer.get("id") != hex_text(item.id):
                raise self._nonsense(f"it calls declaration {hex_text(item.id)} {harmless(answer.get('id'))}")
            return Stored(item.id, status == 202)
        return self._api.refusal(answer, status if isinstance(status, int) else 0)

    def anchor(self, declared: Sequence[DeclarationId], progress: Progress) -> list[Anchored]:
        """Wait until the server has anchored the last of them. Which batches it made of them, it does not say."""
        until = time.monotonic() + ANCHOR_SECONDS
        # The server anchors by time of receipt, and those of one second by id.
        last = dict.fromkeys([declared[-1], max(declared[-GROUP:])]) if declared else {}
        for id_ in last:
            while self.declaration(id_).state not in ("anchored", "final"):
                if time.monotonic() > until:
                    raise Unavailable(
                        f"{self._site} has taken them in, and has not anchored them within {ANCHOR_SECONDS} s: nothing "
                        f"is lost; `ledger status {hex_text(id_)}` says when it is anchored",
                        source=Source.LOG,
                    )
                time.sleep(_POLL_SECONDS)
        progress(1, 1)
        return []

    def declaration(self, id_: DeclarationId, digest: Digest | None = None) -> DeclarationView:
        value = self._shown_to_owner(f"/v1/declarations/{hex_text(id_)}", id_, digest)
        with self._reading():
            return self._view(id_, value)

    def evidence(self, id_: DeclarationId, document: Redacted | None = None, digest: Digest | None = None) -> Evidence:
        """Read strictly, and checked as far as that is possible without a trust root."""
        given = digest or self._profiles.digest_of(self._site, id_) or (None if document is None else document.digest)
        made = self._read_evidence(id_, given)
        if document is not None:
            if document.digest != made.declaration.digest:
                words = f"has the digest 0x{document.digest.hex()}: not the document of this declaration"
                raise Malformed(words, "document")
            made = replace(made, document=document)
        self._check(made)
        return made

    def _read_evidence(self, id_: DeclarationId, digest: Digest | None) -> Evidence:
        path = f"/v1/declarations/{hex_text(id_)}/evidence"
        data = self._with_session(lambda: self._api.read_bytes(path, digest=digest))
        try:
            made = read_evidence(data)
        except Malformed as error:
            raise self._nonsense(f"its evidence cannot be read: {error}") from None
        if made.id != id_:
            raise VerificationFailed(f"{self._site} gave evidence of another declaration, {hex_text(made.id)}")
        return made

    def _check(self, made: Evidence) -> None:
        """Nothing in it may be wrong, and its history must be the one that is believed of this server, if one is."""
        known = self._profiles.get(self._site)
        if known is not None and known.origin != str(made.origin):
            raise VerificationFailed(
                f"{self._site} gave evidence of another history, {made.origin}; {known.origin} is believed"
            )
        trust = self._trusted(made.origin)
        for check in verify(made, clock=self._clock(), trust=trust, cache=self._cache).checks:
            if check.status is Status.INVALID and (check.question is Question.INTACT or check.name == "declaration"):
                raise VerificationFailed(f"the evidence of {self._site} does not hold: {check.name}: {check.detail}")

    def _shown_to_owner(self, path: str, id_: DeclarationId, digest: Digest | None) -> dict[str, Any]:
        """What the server shows to who has the digest, or is signed in."""
        given = digest or self._profiles.digest_of(self._site, id_)
        return self._with_session(lambda: self._api.read(path, given))

    def _with_session(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask; where the server wants to know who asks, once more with a session of the command's key."""
        try:
            return ask()
        except NotSignedIn:
            if not self._sign_in():
                raise
            return ask()

    def declarations(self, ids: Sequence[DeclarationId]) -> list[DeclarationView | None]:
        """In groups, as the command's key may read them."""
        return [view for start in range(0, len(ids), GROUP) for view in self._states(ids[start : start + GROUP])]

    def _states(self, ids: Sequence[DeclarationId]) -> list[DeclarationView | None]:
        asked = {"ids": [hex_text(id_) for id_ in ids]}
        value = self._with_session(lambda: self._api.ask("/v1/declarations/states", asked))
        with self._reading():
            shown = read_list(value.get("declarations"), "declarations")
            if len(shown) != len(ids):
                raise Malformed(f"has {len(shown)} for {len(ids)} ids", "declarations")
            return [
                None if one is None else self._view(id_, object_in(one, "declarations"))
                for id_, one in zip(ids, shown, strict=True)
            ]

    def inbox(self, asked: InboxQuery, cursor: str | None = None, limit: int = 500) -> InboxView:
        given = {
            "agency": asked.agency,
            "kind": asked.kind,
            "document_type": asked.document_type,
            "since": asked.since,
            "until": asked.until,
            "cursor": cursor,
            "limit": limit,
        }
        query = urlencode({name: part for name, part in given.items() if part is not None})
        value = self._with_session(lambda: self._api.read(f"/v1/inbox?{query}"))
        with self._reading():
            following = value.get("next_cursor")
            return InboxView(
                self._views(value, "inbox"), None if following is None else read_string(following, "next_cursor")
            )

    def find(self, digest: Digest | None = None, reference: str | None = None) -> tuple[DeclarationView, ...]:
        asked = {"digest": hex_text(digest)} if digest is not None else {"reference": normal_reference(reference or "")}
        query = urlencode(asked | {"limit": "1000"})
        value = self._with_session(lambda: self._api.read(f"/v1/declarations?{query}"))
        with self._reading():
            return self._views(value, "declarations")

    def add_references(self, id_: DeclarationId, copy: bytes) -> References:
        """The copy is read here first: what shows no reference need not leave this machine."""
        read_copy(copy)
        value = self._with_session(lambda: self._api.add(_references_path(id_), copy))
        with self._reading():
            return answers.references(value)

    def references(self, id_: DeclarationId) -> References:
        value = self._with_session(lambda: self._api.read(_references_path(id_)))
        with self._reading():
            return answers.references(value)

    def remove_references(self, id_: DeclarationId, number: str | None = None) -> References:
        query = "" if number is None else "?" + urlencode({"number": normal_reference(number)})
        self._with_session(lambda: self._api.erase(_references_path(id_) + query))
        return self.references(id_)

    def add_share(self, new: NewShare) -> Share:
        query = urlencode(
            {"share": hex_text(new.id), "declaration": hex_text(new.declaration), "until": str(new.until)}
        )
        value = self._with_session(lambda: self._api.add(f"{SHARES}?{query}", new.sealed, "application/octet-stream"))
        with self._reading():
            made = answers.share(value)
        if (made.id, made.declaration, made.until) != (new.id, new.declaration, new.until):
            raise self._nonsense("it shows another share")
        return made

    def shares(self) -> tuple[Share, ...]:
        value = self._with_session(lambda: self._api.read(SHARES))
        with self._reading():
            return tuple(answers.share(object_in(item, "shares")) for item in read_list(value.get("shares"), "shares"))

    def remove_share(self, id_: ShareId) -> None:
        self._with_session(lambda: self._api.erase(share_path(id_)))

    def members(self, id_: AttestationId) -> MembersView:
        members: list[DeclarationId] = []
        revoked: set[DeclarationId] = set()
        start: int | None = 0
        while start is not None:
            path = f"/v1/attestations/{hex_text(id_)}/members?start={start}&limit=1000"
            value = self._with_session(lambda path=path: self._api.read(path))  # type: ignore[misc]
            with self._reading():
                size = read_count(value.get("size"), "size")
                for item in read_list(value.get("members"), "members"):
                    one = object_in(item, "members")
                    members.append(DeclarationId(read_hash(one.get("id"), "id")))
                    if one.get("revoked_by_entry") is not None:
                        revoked.add(members[-1])
                following = answers.count(value, "next_index")
                if following is not None and following <= start:
                    raise Malformed("does not go on", "next_index")
            start = following
        return MembersView(size, tuple(members), frozenset(revoked))

    def _sign_in(self) -> bool:
        """Begin a session with the command's key; False if it has none, or the session has just begun."""
        if self._key is None:
            return False
        key, self._key = self._key.open(), None
        log_in(self._believed, key, self._profiles, self._clock)
        known = self._profiles.get(self._site)
        self._api.session = None if known is None else known.session
        return True

    # ------------------------------------------------------------------------------------------------------ statements

    def attest(
        self, attestation: Attestation, signer: Signer, signature: bytes, members: Sequence[DeclarationId] = ()
    ) -> Recorded:
        body = {
            "attestation": attestation.to_json(),
            "signer": hex_text(signer),
            "signature": hex_text(signature),
            "members": [hex_text(member) for member in members],
        }
        return self._relay("/v1/attestations", attestation, body)

    def revoke(self, revocation: Revocation, signer: Signer, signature: bytes) -> Recorded:
        body = {"revocation": revocation.to_json(), "signer": hex_text(signer), "signature": hex_text(signature)}
        return self._relay("/v1/revocations", revocation, body)

    def withdraw(self, declaration: Declaration, withdrawal: Withdrawal, signature: bytes) -> Recorded:
        body = {
            "declaration": declaration.to_json(),
            "withdrawal": withdrawal.to_json(),
            "signature": hex_text(signature),
        }
        return self._relay("/v1/withdrawals", withdrawal, body)

    def post(self, posting: Posting, signer: Signer, signature: bytes) -> Recorded:
        body = {"posting": posting.to_json(), "signer": hex_text(signer), "signature": hex_text(signature)}
        return self._relay("/v1/postings", posting, body)

    def _relay(self, path: str, statement: Statement, body: dict[str, Any]) -> Recorded:
        id_, answer = statement.id(self.origin), self._with_session(lambda: self._api.relay(path, body))
        with self._reading():
            if read_hash(answer.get("id"), "id") != id_:
                raise Malformed("is another statement's", "id")
            entry = read_count(answer.get("entry_number"), "entry_number")
        parts = {name: answer[name] for name in ("transaction", "gas") if isinstance(answer.get(name), str | int)}
        return Recorded(
            id_, entry, {name: harmless(part) if isinstance(part, str) else part for name, part in parts.items()}
        )

    def attestation(self, id_: AttestationId) -> AttestationView:
        value = self._api.read(f"/v1/attestations/{hex_text(id_)}")
        with self._reading():
            view = answers.attestation_view(value)
        if view.id != id_:
            raise self._nonsense("it shows another attestation")
        return view

    # --------------------------------------------------------------------------------------------------------- history

    def history(self, first: int | None, limit: int) -> HistoryPage:
        about = self._api.read("/v1/history")
        with self._reading():
            origin = Origin.parse(read_string(about.get("origin"), "origin"))
            size, head = read_count(about.get("size"), "size"), read_hash(about.get("head"), "head")
        if first is not None and not first < size:
            raise Malformed(f"the history has the entries 0 to {size - 1}", f"entry {first}")
        begin = max(0, size - limit) if first is None else first
        entries: list[Entry] = []
        while len(entries) < min(limit, size - begin):
            start, count = begin + len(entries), min(limit - len(entries), _MOST_ENTRIES)
            page = self._api.read(f"/v1/history/entries?start={start}&limit={count}")
            with self._reading():
                found = [answers.entry(item) for item in read_list(page.get("entries"), "entries", count)]
                if not found or [item.number for item in found] != list(range(start, start + len(found))):
                    raise Malformed("are not in order", "entries")
            entries += found
        return HistoryPage(origin, size, head, tuple(entries))

    def waiting(self) -> Waiting:
        value = self._api.read("/health/ready")
        with self._reading():
            return answers.waiting(self._site, value)

    # --------------------------------------------------------------------------------------------------------- reading

    def _view(self, id_: DeclarationId, value: dict[str, Any]) -> DeclarationView:
        known = self._profiles.get(self._site)
        return answers.declaration_view(self._site, id_, value, None if known is None else Origin.parse(known.origin))

    def _views(self, value: dict[str, Any], name: str) -> tuple[DeclarationView, ...]:
        items = [object_in(item, name) for item in read_list(value.get(name), name)]
        return tuple(self._view(DeclarationId(read_hash(item.get("id"), "id")), item) for item in items)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is malformed in an answer is the server's fault."""
        try:
            yield
        except Malformed as error:
            raise self._nonsense(str(error)) from None

    def _nonsense(self, what: str) -> Unavailable:
        return Unavailable(f"{self._site} does not answer as a ledger does: {harmless(what)}", source=Source.LOG)


def _line(item: Received) -> bytes:
    return orjson.dumps({"declaration": item.declaration.to_json(), "signature": hex_text(item.signature)})


def _references_path(id_: DeclarationId) -> str:
    return f"/v1/declarations/{hex_text(id_)}/references"
