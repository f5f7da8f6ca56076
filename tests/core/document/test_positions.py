"""Positions in patterns: a slip between paths and XPath hides nothing that was not meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ledger.core.document import Format, disclose, redact, wrap
from ledger.core.document.wrapped import Wrapped
from ledger.errors import Malformed
from tests.core.document.strategies import SEED


def document(text: str) -> Wrapped:
    return wrap(text.encode(), Format.XML, SEED)


ORDER = document(
    "<Order><Lines><Header>h</Header><Line><Price>100</Price></Line><Line><Price>200</Price></Line></Lines></Order>"
)
FIRST, SECOND = (f"/Order[1]/Lines[1]/Line[{n}]" for n in (2, 3))


@pytest.mark.parametrize(
    ("pattern", "one", "other"),
    [
        ("//Line[2]", FIRST, SECOND),
        ("/Order/Lines/Line[2]", FIRST, SECOND),
        ("//Line[2]/Price", f"{FIRST}/Price[1]", f"{SECOND}/Price[1]"),
        ("/Order[1]/Lines/Line[2]/Price[1]/text()", f"{FIRST}/Price[1]/text()[1]", f"{SECOND}/Price[1]/text()[1]"),
        ("//{}Line[2]", FIRST, SECOND),
    ],
)
def test_a_position_with_two_meanings_is_refused_and_both_are_named(pattern: str, one: str, other: str) -> None:
    for make in (redact, disclose):
        with pytest.raises(Malformed, match="can be read in two ways") as refused:
            make(ORDER, [pattern])
        assert refused.value.where == pattern
        assert f"as in a path, this is {one};" in str(refused.value)
        assert f"as in XPath, it is {other}." in str(refused.value)
    # What is named there can be written, and means that.
    assert [field for field in ORDER.field_hashes if field not in redact(ORDER, [one]).field_hashes] == [
        field for field in ORDER.field_hashes if field.startswith(one)
    ]


def test_a_position_that_only_xpath_knows_is_not_guessed_but_named() -> None:
    with pytest.raises(Malformed, match="does not match any field shown here; if you count as in XPath") as refused:
        redact(ORDER, ["//Line[1]"])
    assert str(refused.value).endswith(f"write {FIRST}")


@pytest.mark.parametrize(
    "pattern", ["//Line[3]", "//Header[1]", "//Price[1]", "/Order/Lines[1]", "//Lines/*[2]", FIRST]
)
def test_a_position_with_one_meaning_is_taken(pattern: str) -> None:
    assert redact(ORDER, [pattern]).hidden


def test_texts_count_as_children_too() -> None:
    mixed = document("<N>one<B>two</B>three<B>four</B></N>")
    with pytest.raises(Malformed, match="two ways"):
        redact(mixed, ["//B[2]"])
    with pytest.raises(Malformed, match="two ways"):
        redact(mixed, ["/N/*[2]"])
    assert redact(mixed, ["//text()[1]"]).hidden


def test_many_elements_are_said_to_be_many() -> None:
    orders = document("<O>" + "<L><H>h</H><I>1</I><I>2</I></L>" * 3 + "</O>")
    with pytest.raises(Malformed, match=r"/O\[1\]/L\[1\]/I\[3\] \(and 2 more like it\)"):
        redact(orders, ["//I[2]"])


_TREES = st.recursive(
    st.sampled_from(["<A/>", "<B/>", "<C>c</C>"]),
    lambda inner: st.builds(lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", st.sampled_from("AB"),
                            st.lists(inner, min_size=1, max_size=4)),
    max_leaves=8,
)  # fmt: skip


@given(_TREES, st.sampled_from("ABC*"), st.integers(1, 4), st.booleans())
def test_what_is_taken_means_the_same_to_a_real_xpath(text: str, name: str, position: int, below: bool) -> None:
    """lxml is asked for the elements; whatever it names beside ours, is refused."""
    made = document(text)
    pattern = f"//{name}[{position}]" + ("/A" if below else "")
    root = etree.fromstring(text.encode())
    theirs = {_path(element) for element in root.xpath(pattern)}
    try:
        hidden = set(made.field_hashes) - set(redact(made, [pattern]).field_hashes)
    except Malformed:
        return
    meant = {field for field in made.field_hashes if any(field.startswith(f"{path}") for path in theirs)}
    assert hidden == meant or not theirs


def _path(element: etree._Element) -> str:
    """The path of an element, as this program prints it."""
    steps = ""
    while element is not None:
        parent = element.getparent()
        number = 1
        if parent is not None:
            before = list(parent)[: list(parent).index(element)]
            texts = [parent.text, *(child.tail for child in before)]
            number += len(before) + sum(1 for one in texts if one)
        steps = f"/{element.tag}[{number}]{steps}"
        element = parent
    return steps
