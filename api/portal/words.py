"""What people read on the pages, in their language. The English text is the key of its translations, which stand in
``locale/<language>/portal.po``; scripts/words.py keeps those files complete.

One catalogue serves templates (``_``, ``ngettext``), Python (:meth:`Words.say`, :meth:`Words.say_many`) and, as tables
that the same script writes, the scripts of pages (``web/pages/words.ts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from gettext import c2py
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français", "es": "Español", "ar": "العربية"}
"""The languages offered, each by its own name; English first."""
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
PSEUDO = "xx"
"""A made-up language for tests: every text is longer, and runs from right to left. It is chosen by name only."""
RIGHT_TO_LEFT = frozenset({"ar", PSEUDO})


def mark(english: str) -> str:
    """The text as it is: marks a text that is said elsewhere, so that scripts/words.py finds it."""
    return english


class Words:
    """The words of one language.

    >>> words_of("fr").say("Sign in")
    'Se connecter'
    """

    def __init__(self, language: str, catalog: Catalog | None) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self.locale = Locale.parse("en_GB" if language in ("en", PSEUDO) else language)
        self._texts = {} if catalog is None else _texts_of(catalog)
        self._plural: Callable[[int], int] = c2py("0" if catalog is None else str(catalog.plural_expr))

    def text(self, english: str) -> str:
        """The text in this language, its parameters still in it; a text without translation is given in English."""
        if self.language == PSEUDO:
            return _longer(english)
        return self._texts.get(english, (english,))[0]

    def text_of_many(self, one: str, many: str, num: int) -> str:
        """The form of the text that goes with this number."""
        if self.language == PSEUDO:
            return _longer(one if num == 1 else many)
        forms = self._texts.get(one)
        return (one if num == 1 else many) if forms is None else forms[self._plural(num)]

    def say(self, english: str, **values: object) -> str:
        """The text in this language, with its parameters ``%(name)s`` filled in; a percent sign is written ``%%``."""
        return self.text(english) % values

    def say_many(self, one: str, many: str, num: int, **values: object) -> str:
        """The text that goes with a number, which the text names ``%(num)s``."""
        return self.text_of_many(one, many, num) % {"num": self.number(num), **values}

    def number(self, number: int) -> str:
        """A whole number with the language's separators, in the digits 0 to 9."""
        return format_decimal(number, locale=self.locale)

    def time(self, seconds: int) -> str:
        """A moment, in seconds since 1970, to the minute: "27 November 2026, 00:22 UTC"."""
        comma = "،" if self.language == "ar" else ","
        return f"{self.day(seconds)}{comma} {datetime.fromtimestamp(seconds, UTC):%H:%M} UTC"

    def day(self, seconds: int) -> str:
        """The day of a moment, in UTC: "27 November 2026"."""
        return format_date(datetime.fromtimestamp(seconds, UTC).date(), "long", locale=self.locale)

    def span(self, seconds: int) -> str:
        """How long something takes, in its largest unit: "3 hours"; at least a minute."""
        return format_timedelta(max(60, seconds), granularity="minute", threshold=1, locale=self.locale)

    def country(self, code: str) -> str:
        """A country's name by its ISO 3166 code of two letters; the code itself where the language has no name."""
        return str(self.locale.territories.get(code, code))


def languages_accepted(header: str) -> list[str]:
    """The languages of an ``Accept-Language`` header that there are, best first. Unreadable parts are left out."""
    found: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        name, _, quality = part.partition(";")
        language = name.strip().lower().partition("-")[0]
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in LANGUAGES and weight > 0:
            found.append((-weight, language))
    return [language for _, language in sorted(found, key=lambda item: item[0])]


@cache
def words_of(language: str) -> Words:
    """The words of a language of :data:`LANGUAGES`, or of the pseudo-language. KeyError for another one."""
    if language in TRANSLATED:
        return Words(language, catalog_of(language))
    if language != PSEUDO:
        _ = LANGUAGES[language]
    return Words(language, None)


def catalog_of(language: str) -> Catalog:
    """The translations of a language, as the package has them."""
    path = files("api.portal") / "locale" / language / "portal.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    texts: dict[str, Sequence[str]] = {}
    for message in catalog:
        english: Any = message.id
        forms = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        if english and all(forms):
            texts[english if isinstance(english, str) else english[0]] = tuple(map(str, forms))
    return texts


def _longer(english: str) -> str:
    return f"⟦{english}{' ~~~~' * -(-len(english) * 2 // 25)}⟧"
