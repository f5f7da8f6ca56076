"""The vectors of the index of subjects: ``tests/vectors/index``. ``python -m tests.index_vectors`` writes them anew.

``subjects.json`` has the subjects of each entry of ``tests/vectors/entries``, ``maps.json`` has maps with their roots,
``proofs.json`` has proofs about them, and ``wrong_proofs.json`` has one for each defect, which is its name. Everything
is made from names, so the files are always the same.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.core.encoding.ids import Root, SubjectKey
from ledger.core.history.entry import Entry
from ledger.core.history.subjects import describe, subject_key, subjects_of
from ledger.core.statements.origin import Origin
from ledger.core.tree.index_page import Item
from ledger.core.tree.index_pages import Indexed, MemoryPages, SubjectIndex
from tests import entry_vectors

FOLDER = Path(__file__).parent / "vectors" / "index"
Lists = Mapping[SubjectKey, Sequence[int]]


def key(name: str) -> SubjectKey:
    """A key as a hash would make it."""
    return SubjectKey(sha256(f"vector {name}".encode()).digest())


NORTH, EAST = key("north"), key("east")  # the first begins with the bit 0, the second with the bit 1


def sharing(bits: int, name: str) -> tuple[SubjectKey, SubjectKey]:
    """Two keys with exactly so many leading bits alike."""
    first = int.from_bytes(key(name))
    second = first ^ 1 << 255 - bits
    if bits < 255:  # what follows is as arbitrary as in other keys
        second ^= int.from_bytes(key(f"{name} after")) & (1 << 255 - bits) - 1
    return SubjectKey(first.to_bytes(32)), SubjectKey(second.to_bytes(32))


def maps() -> dict[str, Lists]:
    """The maps by name."""
    two, forty, ground = [NORTH, EAST], sharing(40, "forty"), sharing(255, "ground")
    many = {key(f"many {number}"): [number, *([100 + number] if number % 3 == 0 else [])] for number in range(50)}
    return {
        "no_keys": {},
        "one_key": {two[0]: [0]},
        "two_keys": {two[0]: [0, 2], two[1]: [1]},
        "fifty_keys": many,
        "keys_that_share_40_bits": {forty[0]: [0], forty[1]: [1, 2], two[0]: [3]},
        "keys_that_share_255_bits": {ground[0]: [0], ground[1]: [1], two[0]: [2]},
        "a_long_list": {two[0]: list(range(300)), two[1]: [2**40]},
    }


def index_of(lists: Lists) -> tuple[SubjectIndex, int]:
    """An index with these lists, and its size."""
    index, size = (
        SubjectIndex(MemoryPages()),
        1 + max((number for numbers in lists.values() for number in numbers), default=0),
    )
    index.advance((Item(item, tuple(lists[item])) for item in sorted(lists)), Indexed(size, Root(bytes(32))))
    return index, size


def questions() -> dict[str, tuple[str, list[SubjectKey]]]:
    """The questions by name: the map, and the keys that are asked for."""
    two, forty, ground = [NORTH, EAST], sharing(40, "forty"), sharing(255, "ground")
    some = [*(key(f"many {number}") for number in (0, 7, 21, 49)), *(key(f"absent {number}") for number in range(5))]
    asked: dict[str, tuple[str, list[SubjectKey]]] = {
        "nothing_of_nothing": ("no_keys", []),
        "absent_from_nothing": ("no_keys", [two[0]]),
        "nothing_of_one": ("one_key", []),
        "the_only_key": ("one_key", [two[0]]),
        "absent_beside_the_only_key": ("one_key", [two[1]]),
        "absent_near_the_only_key": ("one_key", [key("b")]),  # begins with the bit 0 too
        "the_only_key_and_an_absent_one": ("one_key", two),
        "one_of_two": ("two_keys", [two[1]]),
        "both_of_two": ("two_keys", two),
        "nothing_of_fifty": ("fifty_keys", []),
        "some_of_fifty_and_absent_ones": ("fifty_keys", some),
        "all_of_fifty": ("fifty_keys", [key(f"many {number}") for number in range(50)]),
        "one_of_those_that_share_40_bits": ("keys_that_share_40_bits", [forty[1]]),
        "absent_beside_those_that_share_40_bits": ("keys_that_share_40_bits", [sharing(41, "forty")[1]]),
        "both_of_those_that_share_40_bits": ("keys_that_share_40_bits", list(forty)),
        "one_of_those_that_share_255_bits": ("keys_that_share_255_bits", [ground[0]]),
        "both_of_those_that_share_255_bits": ("keys_that_share_255_bits", list(ground)),
        "a_long_list": ("a_long_list", [two[0]]),
    }
    return {name: (map_, sorted(keys)) for name, (map_, keys) in asked.items()}


# ------------------------------------------------------------------------------------------------------- wrong proofs

MALFORMED, NO_SUCH_INDEX, ANOTHER_ROOT = "malformed", "no such index", "another root"
Change = Callable[[dict[str, Any]], object]


def wrong() -> Iterator[tuple[str, str, str, Change]]:
    """Each defect: its name, the answer, the question of the proof, and how to change the proof's ``index``."""
    yield from (
        (name, MALFORMED, "some_of_fifty_and_absent_ones", change)
        for name, change in {
            "hashes_missing": lambda index: index.pop("hashes"),
            "lists_missing": lambda index: index.pop("lists"),
            "steps_missing": lambda index: index.pop("steps"),
            "member_unknown": lambda index: index.update(size=50),
            "hashes_in_hex": lambda index: index.update(hashes="0x" + base64.b64decode(index["hashes"]).hex()),
            "hashes_in_base64url": lambda index: index.update(hashes=_words([bytes([255]) * 32]).replace("/", "_")),
            "hashes_without_padding": lambda index: index.update(hashes=_words([bytes(32)]).rstrip("=")),
            "hashes_as_a_list": lambda index: index.update(hashes=[index["hashes"]]),
            "hashes_of_31_bytes": lambda index: index.update(hashes=_words([bytes(31)])),
            "hashes_of_33_bytes": lambda index: index.update(hashes=_words([bytes(33)])),
            "steps_of_another_letter": lambda index: index.update(steps=index["steps"][:-1] + "x"),
            "steps_in_capitals": lambda index: index.update(steps=index["steps"].upper()),
            "steps_with_a_newline": lambda index: index.update(steps=index["steps"] + "\n"),
            "steps_as_a_list": lambda index: index.update(steps=list(index["steps"])),
            "lists_as_an_object": lambda index: index.update(lists={}),
            "list_null": lambda index: index["lists"].__setitem__(0, None),
            "list_descends": lambda index: index["lists"].__setitem__(0, [2, 1]),
            "list_repeats": lambda index: index["lists"].__setitem__(0, [1, 1]),
            "list_of_a_negative_number": lambda index: index["lists"].__setitem__(0, [-1]),
            "list_of_a_fraction": lambda index: index["lists"].__setitem__(0, [1.5]),
            "list_of_a_text": lambda index: index["lists"].__setitem__(0, ["1"]),
            "list_of_true": lambda index: index["lists"].__setitem__(0, [True]),
        }.items()
    )
    many = "some_of_fifty_and_absent_ones"
    yield from (
        (name, NO_SUCH_INDEX, question, change)
        for name, question, change in [
            ("list_too_few", many, lambda index: index["lists"].pop()),
            ("list_too_many", many, lambda index: index["lists"].append([])),
            ("step_too_few", many, lambda index: index.update(steps=index["steps"][:-1])),
            ("step_too_many", many, lambda index: index.update(steps=index["steps"] + "e")),
            ("no_steps", many, lambda index: index.update(steps="")),
            ("hash_too_few", many, lambda index: index.update(hashes=_words(_hashes(index)[:-1]))),
            ("hash_too_many", many, lambda index: index.update(hashes=_words([*_hashes(index), bytes(32)]))),
            ("match_without_a_list", "the_only_key", lambda index: index.update(lists=[[]])),
            (
                "match_with_two_lists",
                "the_only_key_and_an_absent_one",
                lambda index: index.update(lists=[[0], [0]]),
            ),
            ("empty_with_a_list", "absent_from_nothing", lambda index: index.update(lists=[[0]])),
            ("other_with_a_list", "absent_beside_the_only_key", lambda index: index.update(lists=[[0]])),
            (
                "other_is_asked_for",
                "the_only_key",
                lambda index: index.update(steps="o", lists=[[]], hashes=_words([NORTH, key("value")])),
            ),
            (
                "other_of_another_prefix",
                "both_of_two",
                lambda index: index.update(
                    steps=index["steps"].replace("m", "o"),
                    lists=[[], []],
                    hashes=_words([EAST, key("v"), NORTH, key("v")]),
                ),
            ),
            (
                "node_below_the_last_bit",
                "one_of_those_that_share_255_bits",
                lambda index: index.update(steps=index["steps"].replace("m", "n")),
            ),
            (
                "node_of_nothing",
                "absent_from_nothing",
                lambda index: index.update(steps="ne", hashes=_words([bytes(32)])),
            ),
            ("node_of_one", "the_only_key", lambda index: index.update(steps="nm", hashes=_words([bytes(32)]))),
            (
                "node_of_one_other",
                "absent_near_the_only_key",
                lambda index: index.update(steps="no", hashes=_words([*_hashes(index), bytes(32)])),
            ),
            (
                "node_of_one_beside_an_empty_step",
                "the_only_key_and_an_absent_one",
                lambda index: index.update(steps="nme"),
            ),
        ]
    )
    yield from (
        (name, ANOTHER_ROOT, question, change)
        for name, question, change in [
            ("number_left_out", "a_long_list", lambda index: index["lists"][0].pop(150)),
            ("last_number_left_out", "a_long_list", lambda index: index["lists"][0].pop()),
            ("number_added", "a_long_list", lambda index: index["lists"][0].append(300)),
            ("number_changed", "the_only_key", lambda index: index.update(lists=[[1]])),
            ("key_said_to_be_absent", "the_only_key", lambda index: index.update(steps="e", lists=[[]])),
            (
                "key_said_to_be_another",
                "the_only_key",
                lambda index: index.update(steps="o", lists=[[]], hashes=_words([EAST, key("value")])),
            ),
            ("key_said_to_be_there", "absent_from_nothing", lambda index: index.update(steps="m", lists=[[0]])),
            ("lists_exchanged", "both_of_two", lambda index: index["lists"].reverse()),
            ("hash_changed", many, lambda index: index.update(hashes=_words([key("x"), *_hashes(index)[1:]]))),
            (
                "last_hash_changed",
                "one_of_two",
                lambda index: index.update(hashes=_words([*_hashes(index)[:-1], key("x")])),
            ),
            ("root_of_nothing", "nothing_of_one", lambda index: index.update(hashes=_words([bytes(32)]))),
        ]
    )


def _words(hashes: Sequence[bytes]) -> str:
    return base64.b64encode(b"".join(hashes)).decode()


def _hashes(index: dict[str, Any]) -> list[bytes]:
    words = base64.b64decode(index["hashes"])
    return [words[at : at + 32] for at in range(0, len(words), 32)]


# --------------------------------------------------------------------------------------------------------- the files


def made() -> dict[str, list[dict[str, Any]]]:
    """The content of each file, by name."""
    indexes = {name: index_of(lists) for name, lists in maps().items()}
    roots = {name: index.root(size).hex() for name, (index, size) in indexes.items()}
    proofs = {}
    for name, (map_, keys) in questions().items():
        index, size = indexes[map_]
        proofs[name] = {
            "name": name,
            "map": map_,
            "keys": [item.hex() for item in keys],
            "index": index.prove(keys, size).to_json(),
            "root": roots[map_],
        }
    wrong_proofs = []
    for name, answer, question, change in wrong():
        proof = deepcopy(proofs[question])
        change(proof["index"])
        wrong_proofs.append({**proof, "name": name, "answer": answer})
    return {
        "subjects": [_subjects(vector) for vector in entry_vectors.load()],
        "maps": [
            {
                "name": name,
                "lists": [{"key": item.hex(), "numbers": list(lists[item])} for item in sorted(lists)],
                "root": roots[name],
            }
            for name, lists in maps().items()
        ],
        "proofs": list(proofs.values()),
        "wrong_proofs": wrong_proofs,
    }


def _subjects(vector: entry_vectors.Vector) -> dict[str, Any]:
    entry = Entry.from_data(vector.entry)
    return {
        "entry": vector.name,
        "subjects": [
            {"about": describe(subject), "subject": subject.hex(), "key": subject_key(subject).hex()}
            for subject in subjects_of(entry, Origin.parse(vector.origin))
        ],
    }


def load(name: str) -> list[dict[str, Any]]:
    """One of the files: subjects, maps, proofs, or wrong_proofs."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def render(items: Sequence[dict[str, Any]]) -> str:
    """The text of a file: a line for each item."""
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n"


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, items in made().items():
        (FOLDER / f"{name}.json").write_text(render(items), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
