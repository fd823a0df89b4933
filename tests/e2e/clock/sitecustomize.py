"""Steps the wall clock of a process, and of no other: for tests.

Python imports a module of this name at its start when it lies on the path. The file that
`AMBIENT_TEST_CLOCK` names holds by how many seconds the clock is wrong; it is read at each look,
so that the clock can be stepped while the process runs. The steady clock stays as it is.
"""

import os
import time

_FILE = os.environ.get("AMBIENT_TEST_CLOCK")

if _FILE:
    _true_ns = time.time_ns

    def _offset_ns() -> int:
        try:
            with open(_FILE) as file:
                return int(float(file.read() or 0) * 1e9)
        except (OSError, ValueError):
            return 0

    def _time_ns() -> int:
        return _true_ns() + _offset_ns()

    def _time() -> float:
        return _time_ns() / 1e9

    time.time_ns = _time_ns
    time.time = _time
