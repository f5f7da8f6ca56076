"""A worker process for tests: it does what the content of a job says."""

from __future__ import annotations

import os
import sys
import time

from api.kit.process import Ask, JobBudget, serve


def work(content: bytes, budget: JobBudget, ask: Ask) -> bytes:
    match content.split(b" ", 1)[0]:
        case b"priority":
            return f"{os.getpriority(os.PRIO_PROCESS, 0)} {os.sched_getscheduler(0)}".encode()
        case b"pid":
            return str(os.getpid()).encode()
        case b"ask":
            return b"they said " + ask(content)
        case b"spin":  # without asking whether it may
            while True:
                pass
        case b"work":
            while True:
                budget.spend(signatures=1)
        case b"sleep":
            time.sleep(60)
        case b"memory":
            return bytes(8 << 30)[:1]
        case b"fail":
            raise ValueError(content.decode())
        case b"die":
            os._exit(3)
    return content


if __name__ == "__main__":
    serve(work, float(sys.argv[1]), 1 << 30)
