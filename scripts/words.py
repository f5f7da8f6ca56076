"""Keep the words of the pages complete: ``python -m scripts.words``.

It finds the English texts of templates, of Python and of TypeScript, and the words of the code lists; brings each
``api/portal/locale/<language>/portal.po`` to exactly these texts; writes the tables that the browser's scripts use
(``web/pages/words.json``, ``web/verifier/code_lists.json``); and names every text without a translation.

    python -m scripts.words              write the files, name what is missing
    python -m scripts.words --check      write nothing; fail where a file is stale or a translation is missing
    python -m scripts.words --add FILE   take translations from a JSON file first:
                                         {"English text": {"fr": "...", "es": "...", "ar": "..."}}

Where a text goes with a number its key is the singular, and each translation is a list of forms.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from api.portal.words import TRANSLATED
from ledger.core.statements import code_lists

ROOT = Path(__file__).resolve().parent.parent
PORTAL, WEB = ROOT / "api/portal", ROOT / "web"
TABLE, LISTS = WEB / "pages/words.json", WEB / "verifier/code_lists.json"
PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "ar": ("nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"),
}
"""As ``Intl.PluralRules`` has them in the browser."""

Text = str | tuple[str, str]
"""An English text; of one that goes with a number, singular and plural."""

_ONE = ("_", "gettext", "say", "mark")
_MANY = ("ngettext", "say_many")
_LITERAL = r"""\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`)"""
_SUM = rf"{_LITERAL}(?:\s*\+{_LITERAL})*"
_SAID = re.compile(rf"(?<![\w.])(?:say|mark)\(({_SUM})\s*[,)]|(?<![\w.])sayMany\(({_SUM})\s*,({_SUM})\s*,")
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_PARAMETER = re.compile(r"%\(\w+\)s|%%|%")


def _literal(source: str) -> str:
    """The text of TypeScript string literals, joined by plus signs."""
    text = ""
    for part in re.findall(_LITERAL, source):
        inner = part.strip()[1:-1]
        text += json.loads(
            '"' + re.sub(r"\\(['`])", r"\1", re.sub(r'(?<!\\)"', r"\"", inner)).replace("\n", "\\n") + '"'
        )
    return text


def of_typescript(source: str) -> Iterator[Text]:
    """The texts that ``say``, ``mark`` and ``sayMany`` name in TypeScript."""
    for said, one, many in _SAID.findall(_COMMENT.sub("", source)):
        yield _literal(said) if said else (_literal(one), _literal(many))


def of_python(source: bytes) -> Iterator[Text]:
    """The texts that ``say``, ``mark`` and ``say_many`` name in Python."""
    for _, function, texts, _ in extract_python(BytesIO(source), dict.fromkeys((*_ONE, *_MANY)), (), {}):
        yield from _named(function, texts)


def of_jinja(source: str) -> Iterator[Text]:
    """The texts of a template of the server: ``_``, ``ngettext`` and ``trans`` blocks."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.policies["ext.i18n.trimmed"] = True
    for _, function, texts in environment.extract_translations(source, (*_ONE, *_MANY)):  # type: ignore[attr-defined]
        yield from _named(function, texts)


def _named(function: Any, texts: Any) -> Iterator[Text]:
    if texts is None or isinstance(texts, str):
        texts = (texts,)
    if function in _MANY and isinstance(texts[0], str) and isinstance(texts[1], str):
        yield texts[0], texts[1]
    elif function in _ONE and isinstance(texts[0], str):
        yield texts[0]


class _Template(HTMLParser):
    """Finds the texts of a one-file page: elements with ``data-say``, attributes in ``data-say-attributes``."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if self._open is not None:
            raise SystemExit(f"an element with data-say holds text alone, not <{tag}>: {''.join(self._open)!r}")
        if "data-say" in named:
            self._open = []
        for name in (named.get("data-say-attributes") or "").split():
            self.texts.append(named.get(name) or "")

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._open is not None:
            self.texts.append(" ".join("".join(self._open).split()))
            self._open = None


def of_page(source: str) -> Iterator[Text]:
    """The texts of the template of a one-file page."""
    parser = _Template()
    parser.feed(source)
    yield from parser.texts


def lists() -> dict[str, Any]:
    """The code lists as the browser's scripts use them: words by code, and from which list a kind's outcomes come."""
    of_kinds = {kind: code_lists.outcomes_of(kind) for kind in code_lists.DOCUMENT_TYPES}
    ordinary = code_lists.DOCUMENT_STATUS
    every = {ordinary.number: ordinary, **{one.number: one for one in of_kinds.values()}}
    return {
        "types": {str(code): words for code, words in code_lists.DOCUMENT_TYPES.items()},
        "outcomes": {
            str(number): {
                "name": one.name,
                "last": one.last,
                "words": {str(code): words for code, words in one.words.items()},
                "adverse": sorted(one.adverse),
            }
            for number, one in sorted(every.items())
        },
        "ordinary": ordinary.number,
        "kinds": {str(kind): one.number for kind, one in sorted(of_kinds.items()) if one is not ordinary},
        "withdrawals": {str(code): words for code, words in code_lists.WITHDRAWAL_REASONS.items()},
    }


def of_lists() -> Iterator[Text]:
    """The words of the code lists."""
    found = lists()
    yield from found["types"].values()
    yield from found["withdrawals"].values()
    for one in found["outcomes"].values():
        yield from one["words"].values()


def of_scripts() -> Iterator[Text]:
    """What the browser's scripts and one-file pages say."""
    for path in sorted(WEB.glob("pages/**/*.ts")):
        yield from of_typescript(path.read_text())
    for path in sorted(WEB.glob("templates/*.html")):
        yield from of_page(path.read_text())
    yield from of_lists()


def of_server() -> Iterator[Text]:
    """What the server's pages say."""
    for path in sorted(PORTAL.rglob("*.py")):
        yield from of_python(path.read_bytes())
    for path in sorted(PORTAL.glob("templates/**/*.html")):
        yield from of_jinja(path.read_text())


def key_of(text: Text) -> str:
    """Under which a text stands in catalogues and tables."""
    return text if isinstance(text, str) else text[0]


def all_texts() -> dict[str, Text]:
    """Every text, by its key. SystemExit where one key is used with and without a number."""
    found: dict[str, Text] = {}
    for text in (*of_scripts(), *of_server()):
        if found.setdefault(key_of(text), text) != text:
            raise SystemExit(f"said with a number in one place and without in another: {key_of(text)!r}")
    return dict(sorted(found.items()))


def path_of(language: str) -> Path:
    """The catalogue of a language."""
    return PORTAL / "locale" / language / "portal.po"


def kept(language: str) -> dict[str, tuple[str, ...]]:
    """The translations that a catalogue has, by key; its entries may stand twice, as after a merge of two branches."""
    path = path_of(language)
    if not path.exists():
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for message in read_po(BytesIO(_whole(path.read_text()).encode()), locale=language):
        forms = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        if message.id and all(forms):
            found[message.id if isinstance(message.id, str) else message.id[0]] = tuple(map(str, forms))
    return found


def _whole(text: str) -> str:
    """The catalogue without the marks of a merge conflict: entries of both sides are kept."""
    return re.sub(r"^(?:<{7}|={7}|>{7}|\|{7}).*\n", "\n", text, flags=re.MULTILINE)


def catalogue(language: str, texts: Mapping[str, Text], translations: Mapping[str, tuple[str, ...]]) -> bytes:
    """A catalogue of exactly these texts, one entry a line, so that two branches merge well."""
    made = Catalog(locale=language, project="trade-ledger", version="", charset="utf-8", fuzzy=False)
    made.mime_headers = [("Plural-Forms", PLURALS[language])]
    for key, text in texts.items():
        forms = translations.get(key)
        if isinstance(text, str):
            made.add(text, forms[0] if forms else "")
        else:
            made.add(text, forms or ("",) * _forms(language))
    file = BytesIO()
    write_po(file, made, width=0, sort_output=False, omit_header=True)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    )
    body = re.sub(r"^#.*\n", "", file.getvalue().decode(), flags=re.MULTILINE)
    return (head + body.strip() + "\n").encode()


def _forms(language: str) -> int:
    return int(re.findall(r"nplurals=(\d)", PLURALS[language])[0])


def problems(language: str, texts: Mapping[str, Text], translations: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What is missing or wrong in a language, in words."""
    for key, text in texts.items():
        forms = translations.get(key)
        if forms is None:
            yield f"{language}: no translation of {key!r}"
        elif len(forms) != (1 if isinstance(text, str) else _forms(language)):
            yield f"{language}: wrong number of forms of {key!r}"
        else:
            yield from _wrong_parameters(language, text, forms)


def _wrong_parameters(language: str, text: Text, forms: Iterable[str]) -> Iterator[str]:
    wanted = {name for part in ((text,) if isinstance(text, str) else text) for name in _PARAMETER.findall(part)}
    for form in forms:
        found = set(_PARAMETER.findall(form))
        # A form for one or two may leave out the number.
        if not (found == wanted or (not isinstance(text, str) and found | {"%(num)s"} == wanted | {"%(num)s"})):
            yield f"{language}: other parameters than in English in {form!r} (of {key_of(text)!r})"


def table(texts: Iterable[Text], translations: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, Any]:
    """For each text of the scripts its translations, in the order of ``TRANSLATED``; English where one is missing."""

    def of(text: Text, language: str) -> Any:
        forms = translations[language].get(key_of(text))
        if isinstance(text, str):
            return forms[0] if forms else text
        return list(forms) if forms else list(text)

    return {
        key: [of(text, language) for language in TRANSLATED]
        for key, text in sorted({key_of(text): text for text in texts}.items())
    }


def add(path: Path, translations: Mapping[str, dict[str, tuple[str, ...]]]) -> None:
    """Take translations from a JSON file."""
    for key, given in json.loads(path.read_text()).items():
        for language, text in given.items():
            translations[language][key] = (text,) if isinstance(text, str) else tuple(text)


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` name the stale ones; 1 if a file is stale or a translation is missing."""
    check = "--check" in arguments
    texts = all_texts()
    translations = {language: kept(language) for language in TRANSLATED}
    if "--add" in arguments:
        add(Path(arguments[arguments.index("--add") + 1]), translations)
    files: dict[Path, bytes] = {
        path_of(language): catalogue(language, texts, translations[language]) for language in TRANSLATED
    }
    files[TABLE] = _json(table(of_scripts(), translations))
    files[LISTS] = _json(lists())
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    found = [words for language in TRANSLATED for words in problems(language, texts, translations[language])]
    for words in found:
        print(words, file=sys.stderr)
    if check and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        print(f"stale: {names}; run `python -m scripts.words` and commit the result", file=sys.stderr)
    print(f"{len(texts)} texts in {len(TRANSLATED) + 1} languages; {len(found)} translations are missing or wrong")
    return 1 if found or (check and stale) else 0


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
