"""The table of analog video receiver modules, and the words that tune them (`receiver_modules.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SYNTHESIZER_B, WRITE = 0x1, 1  # register of the RTC6715, and the bit after its four bits of address
ADDRESS_BITS, DATA_BITS, WORD_BITS = 4, 20, 25
A_COUNT, N_SHIFT = 32, 7  # the divider is 32 N + A; N stands above seven bits of A
PLL_CONTROL = 0x8E  # of SP5055 and TA1322FN: 50 µA charge pump, no test, outputs on
MOST_DIVIDER = (1 << 15) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverModule:
    """One kind of module: its reach, its oscillator and the scale of its RSSI pin."""

    key: str
    name: str
    control: str  # three-wire, i2c
    low_hz: float
    high_hz: float
    offset_hz: float
    step_hz: float
    settle_s: float
    level: tuple[tuple[float, float], ...]
    source: str

    def divider(self, center_hz: float) -> int:
        """Return the count of steps of the local oscillator for a frequency.

        Parameters
        ----------
        center_hz : float
            Frequency to receive, Hz.

        Returns
        -------
        int
            The whole steps below it: an RX5808 is up to 1 MHz off on channels of even frequency.
        """
        return int((center_hz + self.offset_hz) // self.step_hz)

    def level_dbm(self, volts: float) -> float | None:
        """Return the power that a voltage of the RSSI pin stands for.

        Parameters
        ----------
        volts : float
            Of the pin, V.

        Returns
        -------
        float or None
            dBm by the straight line of the data sheet; None where there is none.
        """
        if not self.level:
            return None
        (low_v, low_dbm), (high_v, high_dbm) = self.level
        return low_dbm + (volts - low_v) * (high_dbm - low_dbm) / (high_v - low_v)


def three_wire_word(divider: int) -> int:
    """Return the 25 bits that tune an RTC6715, the first on the wire lowest.

    Parameters
    ----------
    divider : int
        Steps of 2 MHz of the local oscillator.

    Returns
    -------
    int
        Four bits of address, the write bit, and 20 bits of data with N = divider div 32, A = divider mod 32.

    References
    ----------
    RichWave RTC6715 data sheet, synthesizer register B.
    """
    data = (divider // A_COUNT) << N_SHIFT | divider % A_COUNT
    return SYNTHESIZER_B | WRITE << ADDRESS_BITS | data << (ADDRESS_BITS + 1)


def pll_bytes(divider: int) -> tuple[int, int, int]:
    """Return the three bytes that tune an SP5055 or a TA1322FN, in their order on the bus.

    Parameters
    ----------
    divider : int
        Steps of 125 kHz of the local oscillator, at most 15 bits.

    Returns
    -------
    tuple of int
        High byte and low byte of the divider, and the control byte.

    References
    ----------
    GEC Plessey SP5055 data sheet, table 1.
    """
    clipped = min(max(divider, 0), MOST_DIVIDER)
    return clipped >> 8, clipped & 0xFF, PLL_CONTROL


@cache
def receiver_modules() -> dict[str, ReceiverModule]:
    """Return the table by key."""
    table = tomllib.loads((files("hw.pi") / "receiver_modules.toml").read_text(encoding="utf-8"))
    rows = ({**row, "level": tuple(tuple(pair) for pair in row["level"])} for row in table["module"])
    return {row["key"]: ReceiverModule(**row) for row in rows}
