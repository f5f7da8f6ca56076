"""Random documents as models, and writers that spell one model in many ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypothesis import strategies as some

from ledger.core.encoding.json_text import has_noncharacter

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

SEED = bytes(range(32))

json_text = some.text(some.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda t: not has_noncharacter(t))
json_numbers = some.one_of(
    some.integers(-(2**53) + 1, 2**53 - 1), some.floats(allow_nan=False, allow_infinity=False), some.integers(-9, 9)
)
json_scalars = some.one_of(json_text, json_numbers, some.booleans(), some.none())
json_values: some.SearchStrategy[Json] = some.recursive(
    json_scalars,
    lambda inner: some.one_of(some.lists(inner, max_size=4), some.dictionaries(json_text, inner, max_size=4)),
    max_leaves=20,
)


def spell_json(value: Json, random: Random) -> str:
    """The same value with other white space, member order, escapes and spellings of numbers."""
    space = random.choice(["", " ", "\n  ", "\t", "\r\n"])
    if isinstance(value, dict):
        members = [
            f"{space}{spell_json(name, random)}{space}:{space}{spell_json(member, random)}"
            for name, member in value.items()
        ]
        random.shuffle(members)
        return "{" + ",".join(members) + space + "}"
    if isinstance(value, list):
        return "[" + ",".join(f"{space}{spell_json(item, random)}{space}" for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=random.random() < 0.5)
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = Decimal(json.dumps(value))
        return random.choice([json.dumps(value), f"{exact:.25e}", f"{exact:E}", f"{exact:f}"])
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class Instruction:
    target: str
    data: str


@dataclass(frozen=True, slots=True)
class Element:
    namespace: str
    local: str
    attributes: tuple[tuple[str, str, str], ...] = ()  # namespace, local, value
    children: tuple[Element | str | Instruction, ...] = ()


_XML_CHARACTERS = some.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\ufffe", "\uffff"]
)
_WHITE = " \t\r\n"
xml_text = some.text(some.one_of(_XML_CHARACTERS, some.sampled_from("\t\n\r &<>\"']")), max_size=8)
_runs = xml_text.filter(lambda text: text.strip(_WHITE) != "")
_names = some.sampled_from(["a", "b", "Name", "größe", "x-1", "_y.2"])
_namespaces = some.sampled_from(["", "urn:one", "urn:two", "http://example.com/(a)/b"])
_attributes = some.lists(
    some.tuples(_namespaces, _names, xml_text), max_size=3, unique_by=lambda attribute: attribute[:2]
).map(tuple)
_instructions = some.builds(
    Instruction, some.sampled_from(["go", "stop"]), some.sampled_from(["", "now", "a='b' c", "x  "])
)


Children = tuple[Element | str | Instruction, ...]


def apart(children: Children) -> Children:
    """Those of the children that can stand in one document: no text beside another, nor beside an instruction."""
    kept: list[Element | str | Instruction] = []
    for child in children:
        pair = (kept[-1], child) if kept else ()
        if not any(isinstance(item, str) for item in pair) or any(isinstance(item, Element) for item in pair):
            kept.append(child)
    return tuple(kept)


_childless = some.builds(Element, _namespaces, _names, _attributes)
xml_elements: some.SearchStrategy[Element] = some.recursive(
    _childless,
    lambda inner: some.builds(
        Element,
        _namespaces,
        _names,
        _attributes,
        some.lists(some.one_of(inner, _runs, _instructions), max_size=4).map(tuple).map(apart),
    ),
    max_leaves=12,
)


class XmlWriter:
    """Spells one element tree with prefixes, attribute order, comments, CDATA and indentation of its own choosing."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.serial = 0

    def document(self, root: Element) -> str:
        head = self.random.choice(["", '<?xml version="1.0"?>', "<!-- x -->", "\n"])
        return f"{head}{self.element(root)}{self.random.choice(['', chr(10), '<!-- - -->'])}"

    def element(self, element: Element) -> str:
        random = self.random
        declared: dict[str, str] = {}  # of this element alone, so that every prefix is new
        default = random.choice(["", element.namespace])
        parts = [f'xmlns="{default}"']

        def name(namespace: str, local: str, *, may_default: bool) -> str:
            if namespace == (default if may_default else ""):
                return local
            if namespace not in declared:
                self.serial += 1
                declared[namespace] = f"{random.choice('pqr')}{self.serial}"
                parts.append(f'xmlns:{declared[namespace]}="{namespace}"')
            return f"{declared[namespace]}:{local}"

        tag = name(element.namespace, element.local, may_default=True)
        for namespace, local, value in element.attributes:
            quote = random.choice("\"'")
            parts.append(f"{name(namespace, local, may_default=False)}={quote}{self.attribute(value)}{quote}")
        random.shuffle(parts)
        space = random.choice([" ", "\n  "])
        start = f"<{tag}{space}{space.join(parts)}"
        if not element.children:
            return start + random.choice(["/>", f"></{tag}>", f">  <!-- none --></{tag}>", f"><![CDATA[ ]]></{tag}\n>"])
        return f"{start}>{self.children(element.children)}</{tag}>"

    def children(self, children: tuple[Element | str | Instruction, ...]) -> str:
        between = [
            ""
            if isinstance(left, str) or isinstance(right, str)
            else self.random.choice(["", " ", "\n\t", "<!-- & -->", " <!----> "])
            for left, right in zip([None, *children], [*children, None], strict=True)
        ]
        spelled = [self.child(child) for child in children]
        return between[0] + "".join(text + gap for text, gap in zip(spelled, between[1:], strict=True))

    def child(self, child: Element | str | Instruction) -> str:
        if isinstance(child, Element):
            return self.element(child)
        if isinstance(child, Instruction):
            return f"<?{child.target} {child.data}?>" if child.data else f"<?{child.target}?>"
        return self.text(child)

    def text(self, text: str) -> str:
        if self.random.random() < 0.3 and "\r" not in text and "]]>" not in text:
            return f"<![CDATA[{text}]]>" if not text.endswith("]") else self.escape(text)
        return self.escape(text)

    def escape(self, text: str) -> str:
        named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
        return "".join(
            named.get(c) or (f"&#{ord(c)};" if self.random.random() < 0.2 and c not in _WHITE else c) for c in text
        )

    def attribute(self, value: str) -> str:
        named = {'"': "&quot;", "'": "&apos;", "\t": "&#9;", "\n": "&#xA;"}
        return "".join(named.get(c) or self.escape(c) for c in value)
