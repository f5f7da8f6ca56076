"""The page that checks documents in a browser, with somebody's own trust roots and policy inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from ledger.core.checkpoints.trust import TrustRoot
from ledger.core.checkpoints.trust_folder import TrustRoots
from ledger.core.encoding.json_text import Json
from ledger.manual import checking_page

_NO_SETTINGS = '<script type="application/json" id="settings">{}</script>'
"""A block of data and no script, so that the page's policy, which names the only script by its hash, stays true."""


def verify_page(
    trust: TrustRoot | TrustRoots, policy: Json = None, *, served: bool = False, page: str | None = None
) -> bytes:
    """The page, one HTML file. It believes these trust roots, unless its reader gives others.

    :param policy: the JSON value of a policy, which every document must meet; None for none.
    :param page: another page that checks in the same way; None for the checking page.
    :param served: whether a server hands it out, whose own history it is: then the page says that this proves less.
    """
    roots = [trust] if isinstance(trust, TrustRoot) else list(trust.by_origin.values())
    trusts = [json.loads(root.to_bytes()) for root in roots]
    return page_with({"policy": policy, "served": served, "trusts": trusts}, page)


def page_with(settings: dict[str, Any], page: str | None = None) -> bytes:
    """The page with these settings. What could end the block, or begin a tag or a comment, is escaped."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
    before, block, after = (_page() if page is None else page).partition(_NO_SETTINGS)
    assert block, "the page has no place for its settings"
    return (before + block.replace("{}", text) + after).encode()


@cache
def _page() -> str:
    return checking_page().decode()


def origins(trust: TrustRoot | TrustRoots) -> Sequence[str]:
    """The histories that are believed."""
    return [str(trust.origin)] if isinstance(trust, TrustRoot) else [str(origin) for origin in trust.by_origin]
