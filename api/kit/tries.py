"""How often a client address tries to sign in, by this process alone: the store, which counts for all, is spared."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

MAX_CLIENTS = 20_000  # remembered at once; the one that tried least recently is forgotten


class Tries:
    """At most ``most`` tries of a client in ``span`` seconds. Safe to use from threads. ``clock``: monotonic."""

    def __init__(self, most: int, span: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._span = span
        self._clock = clock
        self._lock = Lock()
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, client: str) -> int:
        """Note a try: 0, or how many seconds until there may be one; then nothing is noted."""
        now = self._clock()
        with self._lock:
            mine = self._tries.setdefault(client, deque(maxlen=self._most))
            self._tries.move_to_end(client)
            if len(self._tries) > MAX_CLIENTS:
                self._tries.popitem(last=False)
            if len(mine) == self._most and now - mine[0] < self._span:
                return max(1, math.ceil(self._span - (now - mine[0])))
            mine.append(now)
        return 0
