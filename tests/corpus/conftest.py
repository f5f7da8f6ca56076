from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.house import House
from tests import houses


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with houses.house(tmp_path_factory.mktemp("house")) as made:
        yield made
