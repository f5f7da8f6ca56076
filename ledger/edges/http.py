"""HTTP sessions that nothing but a setting leads through a proxy."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from requests import Session

# What operators with certificates of their own set for requests, and for curl.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def open_session(url: str, proxy: str | None) -> Session:
    """A session for one server; it ignores HTTP_PROXY and its kin, and ``.netrc``. Not safe from two threads at once.

    A proxy of the environment is often there for other programs. It would see every request, credentials included,
    and could answer in place of a node.

    :param url: of the server.
    :param proxy: address of the proxy to use, except for loopback; None: requests go straight to the server.
    """
    import requests  # here, so that commands that work offline start without it

    session = requests.Session()
    session.trust_env = False
    session.verify = next((os.environ[name] for name in _BUNDLES if os.environ.get(name)), True)
    proxy = _proxy_for(url, proxy)
    if proxy is not None:
        session.proxies = {"http": proxy, "https": proxy}
    return session


def _proxy_for(url: str, proxy: str | None) -> str | None:
    """The proxy to reach ``url`` through: none for this machine itself, which no proxy can reach."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return None
    try:
        return None if ip_address(host).is_loopback else proxy
    except ValueError:
        return proxy
