"""What a node means by an error. Pure. Every client has words of its own, and hosted nodes have more.

Words are compared without case, spaces and signs, so that ``NonceTooLow``, ``NONCE_TOO_LOW`` and "nonce too low: next
nonce 5" are one. ``tests/edges/test_words.py`` has what Geth, Besu, Nethermind, Erigon, Reth, anvil and others say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto

_SIGNS = re.compile(r"[^a-z0-9]+")
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_HEX_IN_TEXT = re.compile(r"\b0x((?:[0-9a-fA-F]{2}){4,})\b")
_SELECTOR, _WORD = 4, 32
_REVERTED_CODE = 3
# Where clients put the data of a revert when ``data`` is an object: Hardhat, Ganache, and proxies that wrap an error.
_DATA_MEMBERS = ("data", "result", "return", "output", "originalError", "error")


class Meaning(Enum):
    """What an error says about the request."""

    ALREADY_KNOWN = auto()
    """The node has this very transaction."""
    NONCE_TAKEN = auto()
    """Another transaction has this nonce: it is mined, or it waits and pays as much."""
    NO_FUNDS = auto()
    """The sender cannot pay."""
    FEE_TOO_LOW = auto()
    """The node takes no transaction that offers so little now."""
    OUT_OF_GAS = auto()
    """A simulated call needs more gas than it may use."""
    NO_BLOCK = auto()
    """The node does not have the block, or its state: not yet, not any more, or not on its branch."""
    TOO_LARGE = auto()
    """Too many blocks or logs are asked for at once."""
    OTHER = auto()


# The first that matches counts. "replacement transaction underpriced" is about a nonce, "underpriced" about the fee.
_MEANINGS = (
    (
        Meaning.ALREADY_KNOWN,
        r"already(known|imported|inpool|inthepool)|(?<!un)knowntransaction|transactionalreadyexists|samehash",
    ),
    (
        Meaning.NONCE_TAKEN,
        r"nonce(is)?(too)?low|oldnonce|noncealreadyused|noncehasalready|noncebelow|nonceexpired|invalidnonce(?!.*gap)"
        r"|replac\w*underpriced|replacementnotallowed|withsamenonce|couldnotreplace|replacementgasprice",
    ),
    (
        Meaning.NO_FUNDS,
        r"insufficient(funds|balance)|enoughfunds|costexceeds(account)?balance|exceedsaccountbalance|lackoffunds",
    ),
    (
        Meaning.FEE_TOO_LOW,
        r"underpriced|feetoolow|lessthan(the)?blockbasefee|below(the)?(current|block)?basefee|gasprice\w*toolow"
        r"|gaspricebelow|tip\w*(toolow|below)|belowconfiguredminimum",
    ),
    (
        Meaning.OUT_OF_GAS,
        r"outofgas|gasrequiredexceeds|exceeds(the)?(gas)?(allowance|cap)|intrinsicgas|insufficientgas|gas(limit)?toolow"
        r"|notenoughgas",
    ),
    (
        Meaning.NO_BLOCK,
        r"(header|block|hash)(forhash)?(was)?(is)?notfound|unknown(block|header|ancestor)|nosuchblock|missingtrienode"
        r"|state(is)?(unavailable|notavailable)|nostateavailable|historicalstate|pruned|beyondcurrenthead|beyondthehead"
        r"|blockoutofrange|(unableto|cannot|couldnot|cant)find(the)?(block|header)|not(currently)?canonical|infuture"
        r"|futureblock",
    ),
    (
        Meaning.TOO_LARGE,
        r"block(s)?range|rangelimit|range(is)?too|maximum\w*range|exceeds\w*range|rangeof\d+|morethan\d+(results|logs)"
        r"|max(imum)?(results|logs)|responsesize|toomany(logs|blocks|results)|logsmatched|limitedto\w*block|querytimeout"
        r"|querytook|resultset|limitexceeded|toolarge|toobig",
    ),
)
_PATTERNS = tuple((meaning, re.compile(pattern)) for meaning, pattern in _MEANINGS)


def meaning_of(message: str) -> Meaning:
    """What a node means by the message of an error."""
    squeezed = _SIGNS.sub("", message.lower())
    return next((meaning for meaning, pattern in _PATTERNS if pattern.search(squeezed)), Meaning.OTHER)


def revert_data(error: Mapping[str, object]) -> bytes | None:
    """The data with which a simulated call reverted, by the error of its response; None if it did not revert.

    The data is empty where the call reverted with none, or the node keeps it to itself.
    """
    message, data = str(error.get("message")), error.get("data")
    found = next(_hexes(data), None)
    says_so = "revert" in message.lower() or error.get("code") == _REVERTED_CODE
    says_so = says_so or (isinstance(data, str) and data.lower().startswith("revert"))
    if found is not None and (says_so or len(found) % _WORD == _SELECTOR):
        return found
    if not says_so:
        return None
    in_message = _HEX_IN_TEXT.search(message)
    return bytes.fromhex(in_message[1]) if in_message else b""


def _hexes(data: object) -> Iterator[bytes]:
    """The hex texts in the ``data`` of an error, wherever a client puts them."""
    if isinstance(data, str):
        last = data.split()[-1] if data.split() else ""  # "Reverted 0x..."
        if _HEX.fullmatch(last):
            yield bytes.fromhex(last[2:])
    elif isinstance(data, Mapping):
        for name in _DATA_MEMBERS:
            yield from _hexes(data.get(name))
        for value in data.values():  # Ganache: by the hash of the transaction
            if isinstance(value, Mapping):
                yield from _hexes(value)
