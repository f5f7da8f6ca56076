"""One change at a time: what must not go unnoticed."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from ledger.core.encoding.json_text import Json
from tests.core.document.strategies import Element, Instruction, apart


def mutate_json(value: Json, random: Random) -> Json:
    """The value with one scalar, type, name, order or place changed; may by chance come out the same."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        return _mutate_object(value, random)
    if isinstance(value, list) and value and random.random() < 0.8:
        return _mutate_array(value, random)
    others: list[Json] = ["", 0, False, None, {}, [], [value], {"": value}]
    if isinstance(value, str):
        others += [value + " ", value[:-1], value.swapcase()]
    elif isinstance(value, bool):
        others += [not value, str(value).lower(), int(value)] * 3
    elif isinstance(value, int | float):
        others += [json.dumps(value), -value, value + 1 if abs(value) < 2**52 else value / 2] * 3
    return random.choice(others)


def _mutate_object(members: dict[str, Json], random: Random) -> Json:
    name = random.choice(list(members))
    if (act := random.randrange(5)) == 0:
        return {key: member for key, member in members.items() if key != name}
    if act == 1:
        return {f"{key}'" if key == name else key: member for key, member in members.items()}
    return members | {name: mutate_json(members[name], random)}


def _mutate_array(items: list[Json], random: Random) -> Json:
    index = random.randrange(len(items))
    if (act := random.randrange(7)) == 0:
        return [*items[:index], *items[index + 1 :]]
    if act == 1:
        return [*items[:index], None, *items[index:]]
    if act == 2:
        return {str(number): item for number, item in enumerate(items)}
    if act == 3:
        return items[::-1]
    return [*items[:index], mutate_json(items[index], random), *items[index + 1 :]]


def mutate_xml(element: Element, random: Random) -> Element:
    """The element with one name, namespace, attribute, text, order or place changed."""
    acts = [_rename, _move, _add_attribute, _add_child]
    if element.attributes:
        acts += [_mutate_attribute] * 2
    if element.children:
        acts += [_remove_child, *[_mutate_child] * 6]
    return random.choice(acts)(element, random)


def _rename(element: Element, _random: Random) -> Element:
    return replace(element, local=element.local + "x")


def _move(element: Element, _random: Random) -> Element:
    return replace(element, namespace=element.namespace + "urn:x")


def _add_attribute(element: Element, _random: Random) -> Element:
    return replace(element, attributes=(*element.attributes, ("", "new", "")))


def _mutate_attribute(element: Element, random: Random) -> Element:
    index = random.randrange(len(element.attributes))
    namespace, local, value = element.attributes[index]
    changed = random.choice([(namespace, local, value + " "), (namespace, local + "x", value)])
    return replace(element, attributes=(*element.attributes[:index], changed, *element.attributes[index + 1 :]))


def _add_child(element: Element, random: Random) -> Element:
    index = random.choice([0, len(element.children)])
    return replace(element, children=(*element.children[:index], Element("", "new"), *element.children[index:]))


def _remove_child(element: Element, random: Random) -> Element:
    index = random.randrange(len(element.children))
    before, after = element.children[:index], element.children[index + 1 :]
    if before and after and isinstance(before[-1], str) and isinstance(after[0], str):
        before, after = before[:-1], (before[-1] + after[0], *after[1:])
    left = (*before, *after)
    return replace(element, children=left if apart(left) == left else (*before, Element("", "gone"), *after))


def _mutate_child(element: Element, random: Random) -> Element:
    index = random.randrange(len(element.children))
    child = element.children[index]
    if isinstance(child, Element):
        child = mutate_xml(child, random)
    elif isinstance(child, Instruction):
        child = replace(child, data=child.data + "x")
    else:
        child += random.choice([" ", "x", "\n"])
    return replace(element, children=(*element.children[:index], child, *element.children[index + 1 :]))
