"""A page of the portal: a template, said in the reader's language, with the headers that every page has."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from api.auth.reader import secret_of, session_of
from api.kit.errors import log, problem, problem_of, reasons
from api.kit.logs import CAUSE
from api.portal.phrases import Phrases
from api.portal.words import LANGUAGES, PSEUDO, Words, languages_accepted, mark, words_of
from api.services import Services
from ledger.errors import LedgerError, NotSignedIn, Unavailable
from ledger.journeys.sign_in import SignedIn

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LANGUAGE_COOKIE, LANGUAGE_SECONDS = "language", 365 * 24 * 3600
ASSETS = "/portal/static/"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the frame; ``current``: whether it leads to the page that shows it."""

    href: str
    text: str
    current: bool = False
    language: str = ""


_PLACES = (
    ("/verify", mark("Check a document")),
    ("/portal/history", mark("History")),
    ("/portal/agencies", mark("Agencies")),
)
_PARTY, _OFFICER = ("/portal/documents", mark("My documents")), ("/portal/inbox", mark("Inbox"))


def render(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    session: SignedIn | None = None,
) -> Response:
    """The page of a template of ``api/portal/templates``.

    The language is the one that the address names (``?lang=fr``), which is kept in a cookie; else that of the cookie,
    or the best of those that the browser names.

    :param values: what the template shows.
    :param session: who is signed in, see :func:`signed_in`.
    """
    words, chosen = words_for(request)
    page = _environment(words.language).get_template(template)
    text = page.render(
        {
            "words": words,
            "phrases": Phrases(words),
            "session": session,
            "places": list(_places(request, words, session)),
            "languages": [_in_language(request, language, words) for language in LANGUAGES],
            "here": request.url.path,
            "asset": asset,
            **(values or {}),
        }
    )
    answer = HTMLResponse(text, status, HEADERS | {"Content-Language": words.locale.language})
    if chosen:
        secure = request.url.scheme == "https"
        answer.set_cookie(
            LANGUAGE_COOKIE, words.language, max_age=LANGUAGE_SECONDS, path="/", secure=secure, samesite="lax"
        )
    return answer


def words_for(request: Request) -> tuple[Words, bool]:
    """The words for who asks, and whether the address names the language."""
    named = request.query_params.get("lang", "")
    if named in LANGUAGES or named == PSEUDO:
        return words_of(named), True
    kept = request.cookies.get(LANGUAGE_COOKIE, "")
    if kept in LANGUAGES or kept == PSEUDO:
        return words_of(kept), False
    return words_of(next(iter(languages_accepted(request.headers.get("accept-language", ""))), "en")), False


def signed_in(request: Request, services: Services) -> SignedIn | None:
    """Who is signed in, for pages that everybody may see; None for nobody, and where nobody can say at the moment.

    Reads the store only where the request shows a session.
    """
    if secret_of(request.scope, services) is None:
        return None
    try:
        return session_of(request.scope, services)
    except (NotSignedIn, Unavailable):
        return None


def _places(request: Request, words: Words, session: SignedIn | None) -> list[Link]:
    places = list(_PLACES)
    if session is not None:
        places.append(_OFFICER if session.rights.agency is not None else _PARTY)
    path = request.url.path
    return [Link(href, words.say(text), path == href or path.startswith(f"{href}/")) for href, text in places]


def _in_language(request: Request, language: str, words: Words) -> Link:
    query = [(key, value) for key, value in parse_qsl(request.url.query) if key != "lang"]
    href = f"{request.url.path}?{urlencode([*query, ('lang', language)])}"
    return Link(href, LANGUAGES[language], language == words.language, language)


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=PackageLoader("api.portal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = words_of(language)
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(words.text, words.text_of_many, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"time": words.time, "day": words.day, "number": words.number, "country": words.country}
    return made


@cache
def content_of(name: str) -> bytes | None:
    """A built file that pages load; None if there is none of this name."""
    folder = files("api.portal") / "static"
    return (folder / name).read_bytes() if name in {item.name for item in folder.iterdir()} else None


@cache
def asset(name: str) -> str:
    """The address of a built file, which changes with its content. FileNotFoundError if there is none."""
    content = content_of(name)
    if content is None:
        raise FileNotFoundError(name)
    return f"{ASSETS}{name}?v={sha256(content).hexdigest()[:12]}"


class PageRoute(APIRoute):
    """A route whose errors are pages too: what went wrong, in words, and what one can do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await answer(request)
            except LedgerError as error:
                return failure(request, problem_of(error), error.public, type(error).__name__)
            except RequestValidationError as error:
                found = reasons(error.errors())
                detail = f"{found[0]['where']}: {found[0]['what']}" if found else ""
                return failure(request, problem(422, "Malformed", detail), detail, "Malformed")
            except HTTPException as error:
                kind = "NotFound" if error.status_code == 404 else "Http"
                return failure(request, problem(error.status_code, kind, str(error.detail)), "", kind)
            except Exception as error:
                log.error("unexpected error", exc_info=error)
                return failure(request, problem(500, "Internal", ""), "", "Internal")

        return page


def failure(request: Request, answer: Response, detail: str, kind: str) -> Response:
    """The page of an error, with the status and the headers that its problem details have.

    :param detail: the error's own words, which are English. ``kind``: the error's name.
    """
    cause = CAUSE.get()
    values = {
        "status": answer.status_code,
        "detail": detail,
        "kind": kind,
        "again": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "request_id": "" if cause is None else cause.id,
    }
    made = render(request, "error.html", values, status=answer.status_code)
    if "retry-after" in answer.headers:
        made.headers["Retry-After"] = answer.headers["retry-after"]
    return made
