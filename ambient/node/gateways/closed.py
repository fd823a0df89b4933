"""When which room was not to be measured, so that what a device stored meanwhile is not taken.

Comes in: whether devices of a kind may be read in a room, at an instant. Goes out: for the instant
of a reading that comes later, whether it was allowed to be made. The times are kept in a small file
over restarts: a wristband sends on for hours after what it measured while its purpose was off.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import structlog
from msgspec import Meta

from ambient.errors import StoreError
from ambient.files import read_bytes, write_atomically

FILE: Final = "gateways.closed.json"
KEPT_NS: Final = 31 * 86_400 * 1_000_000_000
"""The longest backlog that intake believes is a day shorter."""
MAX_TIMES: Final = 500
"""For one room and kind; of more, those that follow each other closest are taken together."""

_log = structlog.get_logger(__name__)

Span = tuple[int, int | None]
"""From (included), to (excluded); no end while it lasts."""


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    spans: dict[str, Annotated[list[Span], Meta(max_length=MAX_TIMES)]]


class ClosedTimes:
    """The file of closed times.

    Parameters
    ----------
    state_dir
        Of the node.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._spans: dict[str, list[Span]] = _load(self._path)

    def note(self, states: Iterable[tuple[str, bool]], t: int) -> None:
        """Note for each gate whether it is open at `t` (ns)."""
        before = {key: list(spans) for key, spans in self._spans.items()}
        for key, is_open in states:
            spans = self._spans.setdefault(key, [])
            lasting = bool(spans) and spans[-1][1] is None
            if is_open and lasting:
                spans[-1] = (spans[-1][0], max(t, spans[-1][0]))
            elif not is_open and not lasting:
                spans.append((t, None))
            self._spans[key] = _shortened(spans, t)
        if self._spans != before:
            self._save()

    def was_closed(self, key: str, t: int) -> bool:
        """Return whether the gate was closed at `t` (ns)."""
        return any(
            start <= t and (end is None or t < end) for start, end in self._spans.get(key, ())
        )

    def _save(self) -> None:
        try:
            write_atomically(self._path, msgspec.json.encode(_Kept(self._spans)))
        except StoreError as error:
            # Known in memory all the same; only a restart on this full disk forgets it.
            _log.error("closed times cannot be kept over a restart", error=str(error))


def _load(path: Path) -> dict[str, list[Span]]:
    data = read_bytes(path)
    if data is None:
        return {}
    try:
        return dict(msgspec.json.decode(data, type=_Kept).spans)
    except msgspec.MsgspecError as error:
        _log.error("closed times of the last run cannot be read", error=str(error))
        return {}


def _shortened(spans: list[Span], t: int) -> list[Span]:
    kept = [span for span in spans if span[1] is None or span[1] > t - KEPT_NS]
    while len(kept) > MAX_TIMES:
        # To call too much closed is the error that harms nobody's privacy.
        gaps = [kept[i + 1][0] - (kept[i][1] or 0) for i in range(len(kept) - 1)]
        at = gaps.index(min(gaps))
        kept[at : at + 2] = [(kept[at][0], kept[at + 1][1])]
    return kept
