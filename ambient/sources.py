"""What every source of a device or a recording gives, whatever it gives: `Source`.

Comes in: nothing. Goes out: the shape that `vision.sources` and `audio.sources` share, and what
their classes share: iteration, and closing at the end of a ``with``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

from ambient.closing import Closing
from ambient.errors import SourceError

Item = TypeVar("Item")
Given = TypeVar("Given", covariant=True)


def expect_name(path: Path) -> None:
    """Refuse the name of a recording that no decoder can be given.

    Raises
    ------
    SourceError
        It is no UTF-8, or holds a zero byte.
    """
    try:
        right = b"\0" not in str(path).encode()
    except UnicodeEncodeError:
        right = False
    if not right:
        raise SourceError(f"{str(path)!a}: expected a name in UTF-8, got another; rename the file")


@runtime_checkable
class Source(Protocol[Given]):
    """Gives items in order; a context manager that closes what it opened."""

    @property
    def live(self) -> bool:
        """Whether something is lost when nobody fetches it in time."""
        ...

    def read(self) -> Given | None:
        """Return the next item, or None when the source has ended.

        Raises
        ------
        SourceError
            When a live source failed.
        """
        ...

    def close(self) -> None:
        """Close the file or device; a second call does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __iter__(self) -> Iterator[Given]: ...


class Readable(Closing, Generic[Item]):
    """What sources are made of: iteration by `read`, and closing at the end of a ``with``."""

    @abstractmethod
    def read(self) -> Item | None:
        """Return the next item, or None at the end."""

    def __iter__(self) -> Iterator[Item]:
        """Give what is left."""
        while (item := self.read()) is not None:
            yield item
