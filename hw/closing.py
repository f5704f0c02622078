"""The `with` block of everything that has a ``close`` method."""

from __future__ import annotations

from typing import Self


class Closing:
    """Is entered as itself, and closed at the end of the block however that comes."""

    __slots__ = ()

    def close(self) -> None:
        """Let go of what is held; a class that holds nothing leaves it as it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
