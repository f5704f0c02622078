"""A bounded table of numpy columns by 64-bit key: many keys are found, added and forgotten at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wifiscan.radiotap import NO_RSSI

Columns = dict[str, NDArray[Any]]

NO_ROW = np.int64(-1)
RSSI_NEW_WEIGHT = 0.3  # of a new dwell in the smoothed level


class KeyedRows:
    """Columns with one row a key. Rows are reused: what is forgotten is listed in ``forgotten``."""

    def __init__(self, capacity: int, columns: Mapping[str, type]) -> None:
        self.capacity = capacity
        self.columns: Columns = {name: np.zeros(capacity, kind) for name, kind in columns.items()}
        self._sorted = np.empty(0, np.uint64)
        self._row = np.empty(0, np.int64)
        self.keys = np.zeros(capacity, np.uint64)
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._sorted)

    def rows(self) -> NDArray[np.int64]:
        """Return the rows in use, in order of key."""
        return self._row

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the row of each key, `NO_ROW` where there is none."""
        if not len(self._sorted):
            return np.full(len(keys), NO_ROW)
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[at] == keys, self._row[at], NO_ROW)

    def add(
        self, keys: NDArray[np.uint64], worth: NDArray[np.float64], standing: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Add new keys, the worthiest where there is not room for all; forget rows of less worth.

        Parameters
        ----------
        keys : ndarray, shape (n,)
            Distinct keys that are not in the table.
        worth : ndarray, shape (n,)
            How much each new key matters.
        standing : ndarray, shape (capacity,)
            How much each row in use matters now, on the same scale.

        Returns
        -------
        ndarray of bool, shape (n,)
            Which keys got a row.
        """
        free = np.setdiff1d(np.arange(self.capacity), self._row, assume_unique=True)
        order = np.argsort(-worth, kind="stable")
        short = max(0, len(keys) - len(free))
        if short and len(self._row):
            free = np.concatenate((free, self._make_room(short, worth[order][len(free) :], standing)))
        taken = order[: len(free)]
        rows = free[: len(taken)]
        self.forgotten += len(keys) - len(taken)
        for column in self.columns.values():
            column[rows] = 0
        self.keys[rows] = keys[taken]
        self._set(np.concatenate((self._row, rows)))
        got = np.zeros(len(keys), bool)
        got[taken] = True
        return got

    def _make_room(
        self, short: int, waiting: NDArray[np.float64], standing: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Forget the least worthy rows that matter less than those which wait for one."""
        by_worth = self._row[np.argsort(standing[self._row], kind="stable")][:short]
        pairs = min(len(by_worth), len(waiting))
        fewer = np.count_nonzero(standing[by_worth[:pairs]] <= waiting[:pairs])
        victims = by_worth[:fewer]
        self.forgotten += len(victims)
        self._set(np.setdiff1d(self._row, victims, assume_unique=True))
        return victims

    def _set(self, rows: NDArray[np.int64]) -> None:
        order = np.argsort(self.keys[rows], kind="stable")
        self._row = rows[order]
        self._sorted = self.keys[self._row]


def smooth_levels(
    columns: Columns,
    rows: NDArray[np.int64],
    inverse: NDArray[np.int64],
    rssi: NDArray[np.int16],
    n: int,
) -> None:
    """Smooth the mean level of a batch into a table.

    Parameters
    ----------
    columns : dict of ndarray
        Of the table; ``rssi`` (dBm) and ``heard_rssi`` are written.
    rows : ndarray of int64, shape (n,)
        Row of each device of the batch, `NO_ROW` where it has none.
    inverse : ndarray of int64, shape (frames,)
        Which device sent each frame.
    rssi : ndarray of int16, shape (frames,)
        Levels, dBm; `NO_RSSI` where none was told.
    n : int
        Devices.
    """
    told = rssi != NO_RSSI
    count = np.bincount(inverse[told], minlength=n)
    total = np.bincount(inverse[told], weights=rssi[told], minlength=n)
    use = (count > 0) & (rows != NO_ROW)
    mean = total[use] / count[use]
    at = rows[use]
    old = columns["heard_rssi"][at].astype(bool)
    columns["rssi"][at] = np.where(
        old, (1 - RSSI_NEW_WEIGHT) * columns["rssi"][at] + RSSI_NEW_WEIGHT * mean, mean
    )
    columns["heard_rssi"][at] = True
