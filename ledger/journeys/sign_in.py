"""Sign-in: open a session for the holder of a key, and say at each request what it may read. No passwords, no accounts.

A session only reads and drafts: every write carries its own signature. What its holder shows is 32 random bytes, of
which the store has only the hash. docs/access.md is the page for people.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256

from ledger.core.encoding.ids import Signer
from ledger.core.history.agencies import Agencies
from ledger.core.history.history import History
from ledger.core.history.rights import Appointed, Rights, rights_of
from ledger.core.statements.origin import Origin
from ledger.core.statements.sign_in import SignIn
from ledger.core.statements.signature import WalletUndecided, verify_signature
from ledger.core.statements.signature_forms import canonical_signature, check_slips
from ledger.edges.store import Store
from ledger.errors import (
    AttesterDeclaredCompromised,
    AttesterNotActive,
    NonceUnknown,
    NotSignedIn,
    SignatureMismatch,
    TooManySignIns,
    Unavailable,
    VerificationFailed,
)
from ledger.journeys.follow import Follower

NONCE_SECONDS = 300
LONGEST_SECONDS = 8 * 3600
IDLE_SECONDS = 30 * 60
MOST_TRIES, TRIES_SECONDS = 10, 60
"""How many nonces, and how many tries to sign in, one client address has in so many seconds."""
_NOTED_SECONDS = 60  # the use of a session is noted once a minute
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

Accepts = Callable[[Signer, bytes, bytes], bool]
"""Whether a wallet contract accepts a signature now: signer, digest, signature. Asks the chain."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is and what it may do. Times in seconds; ``idle_until`` moves on as it is used."""

    rights: Rights
    begun_at: int
    ends_at: int
    idle_until: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just been opened. ``secret``: what its holder shows, 43 characters; it is told this once."""

    secret: str
    session: SignedIn


class SignIns:
    """Opens, finds and ends the sessions of one site. ``at`` is the time now in seconds, everywhere."""

    def __init__(
        self,
        store: Store,
        origin: Origin,
        sites: Collection[str],
        appointed: Appointed,
        register: Callable[[], AbstractContextManager[Agencies]],
        accepts: Accepts,
    ) -> None:
        """
        :param sites: the addresses under which this site is reached.
        :param register: the replayed register of agencies, held still; see ``newest_register``.
        """
        self._store = store
        self._origin = origin
        self.sites = sites
        self._appointed = appointed
        self._register = register
        self._accepts = accepts

    def give_nonce(self, client: str, at: int) -> bytes:
        """A nonce (32 bytes) for one sign-in within ``NONCE_SECONDS``; TooManySignIns if the client had too many."""
        nonce = secrets.token_bytes(32)
        if not self._store.sessions.give_nonce(nonce, client, at, NONCE_SECONDS, MOST_TRIES, TRIES_SECONDS):
            raise TooManySignIns(MOST_TRIES, TRIES_SECONDS)
        return nonce

    def open(self, statement: SignIn, signature: bytes, client: str, at: int) -> Opened:
        """Open a session for whom signed ``statement``.

        The nonce is used up before the signature is looked at, so that each signature that is checked costs a nonce.

        :raises TooManySignIns: the client tried too often.
        :raises Refused: the sign-in is for another site, of another time, of a nonce that was not given or was used,
            not signed by its signer, or by a key that was retired or declared compromised.
        :raises Unavailable: the register is not known, or the chain could not be asked about a wallet contract.
        """
        if not self._store.sessions.note_try(client, at, MOST_TRIES, TRIES_SECONDS):
            raise TooManySignIns(MOST_TRIES, TRIES_SECONDS)
        statement.check(self.sites, at)
        if not self._store.sessions.use_nonce(statement.nonce, at, NONCE_SECONDS):
            raise NonceUnknown()
        rights = self._rights(statement.signer)
        self._check_signature(statement, signature, rights)
        secret = urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        self._store.sessions.begin(_name(secret), statement.signer, at, LONGEST_SECONDS, IDLE_SECONDS)
        return Opened(secret, SignedIn(rights, at, at + LONGEST_SECONDS, at + IDLE_SECONDS))

    def find(self, secret: str, at: int) -> SignedIn:
        """The session whose holder shows this, with the rights of its key by the register as it is now.

        A session whose key was retired or declared compromised is ended.

        :raises NotSignedIn: there is no such session, or it is over.
        :raises Unavailable: the register is not known.
        """
        if _SECRET.fullmatch(secret) is None:
            raise NotSignedIn()
        found = self._store.sessions.use(_name(secret), at, LONGEST_SECONDS, IDLE_SECONDS, _NOTED_SECONDS)
        if found is None:
            raise NotSignedIn()
        try:
            rights = self._rights(found.signer)
        except (AttesterDeclaredCompromised, AttesterNotActive):
            self.end(secret)
            raise NotSignedIn() from None
        return SignedIn(rights, found.begun_at, found.begun_at + LONGEST_SECONDS, at + IDLE_SECONDS)

    def end(self, secret: str) -> None:
        """End the session whose holder shows this, if there is one."""
        self._store.sessions.end(_name(secret))

    def _rights(self, signer: Signer) -> Rights:
        with self._register() as agencies:
            return rights_of(signer, agencies, self._appointed)

    def _check_signature(self, statement: SignIn, signature: bytes, rights: Rights) -> None:
        """A wallet contract is asked only if it is more than a party: a party is a key (docs/adr/0011)."""
        origin, signer, digest = self._origin, statement.signer, statement.id(self._origin)
        try:
            verify_signature(origin, signer, digest, canonical_signature(signer, digest, signature))
        except VerificationFailed:
            check_slips(origin, signer, digest, signature)
            raise
        except WalletUndecided:
            is_wallet = len(rights.roles) > 1
            if not is_wallet or not self._accepts(signer, digest, signature):
                check_slips(origin, signer, digest, signature, is_party=not is_wallet)
                raise SignatureMismatch(signer, digest) from None


@contextmanager
def newest_register(follower: Callable[[], Follower], max_age: float) -> Iterator[Agencies]:
    """The register of agencies, held still: by a look at the chain that is at most ``max_age`` seconds old.

    While the chain is away, as of the latest look, or of the store's copy: what is known of keys that ended counts.
    """
    known = follower()
    with _newest(known, max_age) as history:
        yield history.agencies


def _newest(follower: Follower, max_age: float) -> AbstractContextManager[History]:
    with suppress(Unavailable):
        follower.refresh(max_age=max_age)
    return follower.known_history()


def _name(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
