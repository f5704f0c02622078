"""libcamera's colour spaces, as far as the driver asks for them."""

from __future__ import annotations


class ColorSpace:
    def __init__(self, name: str) -> None:
        self.name = name

    @staticmethod
    def Sycc() -> ColorSpace:  # noqa: N802
        return ColorSpace("sycc")

    @staticmethod
    def Rec709() -> ColorSpace:  # noqa: N802
        return ColorSpace("rec709")
