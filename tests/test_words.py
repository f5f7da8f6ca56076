"""Words of pages: found wherever they are said, complete in every language, and the same in Python and TypeScript."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.portal.words import LANGUAGES, PSEUDO, TRANSLATED, languages_accepted, words_of
from scripts import words

ROOT = Path(__file__).resolve().parent.parent


def test_every_text_has_its_translations(capsys: pytest.CaptureFixture[str]) -> None:
    assert words.main(["--check"]) == 0, "".join(capsys.readouterr())


def test_a_text_without_translation_is_named() -> None:
    texts: dict[str, words.Text] = {"Sign in": "Sign in"}
    assert list(words.problems("fr", texts, {})) == ["fr: no translation of 'Sign in'"]
    assert list(words.problems("fr", texts, {"Sign in": ("Se connecter",)})) == []


def test_a_translation_keeps_the_parameters() -> None:
    one: dict[str, words.Text] = {"known up to %(time)s": "known up to %(time)s"}
    assert list(words.problems("fr", one, {"known up to %(time)s": ("connu jusqu'au %(temps)s",)}))
    many: dict[str, words.Text] = {"%(num)s field": ("%(num)s field", "%(num)s fields")}
    assert list(words.problems("es", many, {"%(num)s field": ("un campo", "%(num)s campos")})) == []
    assert list(words.problems("es", many, {"%(num)s field": ("un campo", "%(numero)s campos")}))
    assert list(words.problems("ar", many, {"%(num)s field": ("حقل", "%(num)s حقول")}))  # six forms are needed


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("Sign in")', ["Sign in"]),
        ("text(say('It\\'s here', { count: 3 }))", ["It's here"]),
        ('say("a " +\n    "b")', ["a b"]),
        ("say(`as it is`)", ["as it is"]),
        ('mark("He said \\"no\\"")', ['He said "no"']),
        ('sayMany("%(num)s field", "%(num)s fields", 3)', [("%(num)s field", "%(num)s fields")]),
        ('  // say("in a comment")', []),
        ("say(known[code] ?? code)", []),
        ('essay("not ours")', []),
    ],
)
def test_texts_are_found_in_typescript(source: str, found: list[Any]) -> None:
    assert list(words.of_typescript(source)) == found


def test_texts_are_found_in_python_and_templates() -> None:
    python = b'words.say("one", a=1)\nmark("two")\nwords.say_many("%(num)s a", "%(num)s b", 3)\nwords.say(name)'
    assert list(words.of_python(python)) == ["one", "two", ("%(num)s a", "%(num)s b")]
    template = '{{ _("one", a=1) }} {{ ngettext("%(num)s a", "%(num)s b", 3) }} {% trans %}\n  two\n{% endtrans %}'
    assert list(words.of_jinja(template)) == ["one", ("%(num)s a", "%(num)s b"), "two"]
    page = '<h1 data-say>Check a\n  document</h1><p>not said</p><input name="here" data-say-attributes="name">'
    assert list(words.of_page(page)) == ["Check a document", "here"]


def test_entries_of_both_sides_of_a_merge_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = 'msgid "{0}"\nmsgstr "{0} en français"\n\n'
    sides = "<<<<<<< ours\n" + entry.format("a") + "=======\n" + entry.format("b") + ">>>>>>> theirs\n"
    path = tmp_path / "portal.po"
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n' + entry.format("a") + sides)
    monkeypatch.setattr(words, "path_of", lambda language: path)
    assert words.kept("fr") == {"a": ("a en français",), "b": ("b en français",)}


def test_the_best_language_of_a_browser() -> None:
    assert languages_accepted("de-DE,ar;q=0.5,fr-CA;q=0.8,en;q=0") == ["fr", "ar"]
    assert languages_accepted("*;q=x,,;;") == []


_TWIN = """
globalThis.document = { documentElement: {} };
const { speak, say, sayMany, number, time, day, country } = await import("./words.mjs");
const made = {};
for (const language of JSON.parse(process.argv[2])) {
  speak(language);
  made[language] = [
    say("goods released"), say("not a text 100%% of %(name)s", { name: "A" }),
    number(1234567), time(1795000000), day(1709251200), country("NZ"),
    ...[0, 1, 2, 3, 11, 100, 101, 1000].map((num) => sayMany("%(num)s declaration", "%(num)s declarations", num)),
  ];
}
console.log(JSON.stringify(made));
"""


def test_python_and_typescript_say_the_same(tmp_path: Path) -> None:
    bundle = ["node_modules/.bin/esbuild", "web/pages/words.ts", "--bundle", "--format=esm"]
    subprocess.run([*bundle, f"--outfile={tmp_path}/words.mjs", "--log-level=error"], cwd=ROOT, check=True)
    (tmp_path / "twin.mjs").write_text(_TWIN)
    languages = [*LANGUAGES, PSEUDO]
    command = ["node", "twin.mjs", json.dumps(languages)]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    for language, said in json.loads(done.stdout).items():
        our = words_of(language)
        expected = [
            our.say("goods released"), our.say("not a text 100%% of %(name)s", name="A"), our.number(1234567),
            our.time(1795000000), our.day(1709251200), our.country("NZ"),
            *(our.say_many("%(num)s declaration", "%(num)s declarations", num)
              for num in (0, 1, 2, 3, 11, 100, 101, 1000)),
        ]  # fmt: skip
        assert said == expected, language
    assert set(TRANSLATED) < set(languages)
