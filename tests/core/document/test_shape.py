"""Whether shown fields of JSON fit into one document: the quick look says what the tree says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.core.document import Format, Limits, shape
from ledger.core.document.paths import read_path
from ledger.errors import Malformed

STEPS = ["['a']", "['b']", "['a[0]']", "['[']", "['']", "['0']", r"['\'']", "[0]", "[1]", "[2]", "[01]", "['", "a", ""]
paths = some.lists(some.sampled_from(STEPS), max_size=4).map(lambda steps: "$" + "".join(steps))


def agree(shown: dict[str, str], hidden: int, depth: int) -> bool:
    """Whether the fields fit, as the tree says. The quick look must say the same, or doubt.

    It doubts only where the document is a scalar, or a name has a bracket.
    """
    fields = [(path, type_, b"", bytes(16)) for path, type_ in sorted(shown.items())]
    quick = shape._fits_quickly(fields, hidden, Limits(depth=depth))
    try:
        shape._check_tree(fields, Format.JSON, hidden, Limits(depth=depth))
    except Malformed:
        assert not quick
        return False
    doubtful = any(path == "$" or path.count("[") > len(read_path(path, Format.JSON)) for path in shown)
    assert quick is not doubtful
    return True


@given(some.dictionaries(paths, some.sampled_from("snoa"), max_size=8), some.integers(0, 4), some.integers(1, 4))
def test_the_quick_look_at_any_paths_says_what_the_tree_says(shown: dict[str, str], hidden: int, depth: int) -> None:
    agree(shown, hidden, depth)


@pytest.mark.parametrize(
    ("shown", "hidden", "depth", "fits"),
    [
        ({}, 1, 1, True),
        ({"$": "n"}, 0, 1, True),
        ({"$": "n"}, 1, 1, False),
        ({"$": "o", "$['a']": "n"}, 0, 9, False),
        ({"$['a']": "n", "$['a']['b']": "n"}, 0, 9, False),
        ({"$['a']": "n", "$['a']['b']['c']": "n"}, 0, 9, False),
        ({"$['a']['b']": "a", "$['a']['b'][0][0]": "n"}, 0, 9, False),
        ({"$['a']": "n", "$[0]": "n"}, 0, 9, False),
        ({"$['a'][0]": "n", "$['a']['b']": "n"}, 0, 9, False),
        ({"$['a'][0]['c']": "n", "$['a']['b']": "n"}, 0, 9, False),
        ({"$['a'][0]": "n", "$['a']['b']['c']": "n"}, 0, 9, False),
        ({"$[0]": "n", "$[2]['a']": "n"}, 0, 9, False),
        ({"$[0]": "n", "$[2]['a']": "n"}, 1, 9, True),
        ({"$[1][2]": "n"}, 2, 9, False),
        ({"$[1][2]": "n"}, 3, 9, True),
        ({"$['a']['b']": "n"}, 0, 2, True),
        ({"$['a']['b']": "n"}, 0, 1, False),
        ({"$['a']['b']": "o"}, 0, 2, False),
        ({"$['a']['b']": "a"}, 0, 2, False),
        ({"$['a']": "n", "$['b']['a']": "n", "$['b']['b'": "n"}, 0, 9, False),
        ({"$['a']": "n", "$['b']": "n", "$['c]": "n"}, 0, 9, False),
        ({"$['a'b']": "n"}, 0, 9, False),
        ({"$['']": "n", "$['']['b']": "n"}, 0, 9, False),
        ({"$['a[']": "n", "$['a']": "n", "$['a']['['][0]": "n"}, 0, 9, False),
        ({"$['a[0]']": "n", "$['a'][0]": "n", "$['b']": "n"}, 0, 9, True),
        ({"$['['][0]": "n", "$['['][1]": "n", "$['a']['[']": "n"}, 0, 9, True),
    ],
)
def test_the_quick_look_and_the_tree(shown: dict[str, str], hidden: int, depth: int, fits: bool) -> None:
    assert agree(shown, hidden, depth) is fits
