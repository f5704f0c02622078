"""Controls wireless adapters through pyroute2 and the kernel's nl80211: list, monitor mode, channels.

Only requests that every pyroute2 since 0.7 passes on unchanged are used; all go through `Wireless._ask`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent
from hw.types import WIFI_BANDS_MHZ, ChannelSurvey

SET_WIPHY, GET_WIPHY, GET_INTERFACE, SET_INTERFACE, NEW_INTERFACE, DEL_INTERFACE = 2, 1, 5, 6, 7, 8
GET_SURVEY = 50
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
STATION, MONITOR = 2, 6  # nl80211_iftype
HZ_PER_MHZ = 1_000_000
PLUG_HINT = "Plug in an adapter that can monitor."

WIDTH_20_PLAIN, WIDTH_20, WIDTH_40, WIDTH_80 = 0, 1, 2, 3  # nl80211_chan_width
FIRST_5_GHZ, FIRST_6_GHZ, LAST_6_GHZ, STEP_MHZ = 5180, 5955, 7115, 20
BLOCKS_80_MHZ = (5180, 5260, 5500, 5580, 5660, 5745)  # lowest primary of each: IEEE 802.11-2020 table E-4
OLDEST = 3  # generation before 802.11n
HE_CAPABILITIES, EHT_CAPABILITIES = frozenset({2, 3}), frozenset({8, 9})  # nl80211_band_iftype_attr
HE_NAMES = frozenset({"NL80211_BAND_IFTYPE_ATTR_HE_CAP_MAC", "NL80211_BAND_IFTYPE_ATTR_HE_CAP_PHY"})
ATTRIBUTE_NUMBER = 0x3FFF  # the two highest bits are flags


class Adapter(NamedTuple):
    """A radio and its abilities: monitor mode, channels and Wi-Fi generations."""

    phy: int
    name: str
    monitors: bool
    channels_mhz: tuple[int, ...]
    generations: Mapping[str, int] = MappingProxyType({})


class WifiInterface(NamedTuple):
    """A network interface of a radio."""

    name: str
    number: int
    phy: int
    type: int


class Wireless:
    """A connection to nl80211. ``iw`` is pyroute2's ``IW``."""

    def __init__(self, iw: Any) -> None:
        from pyroute2.netlink.nl80211 import nl80211cmd

        self._iw = iw
        self._message = nl80211cmd

    def adapters(self) -> tuple[Adapter, ...]:
        """Return all radios. The dump is asked for in parts: 6 GHz is left out of an unsplit one."""
        found: dict[int, dict[str, Any]] = {}
        for part in self._ask(GET_WIPHY, DUMP, NL80211_ATTR_SPLIT_WIPHY_DUMP=None):
            phy = part.get_attr("NL80211_ATTR_WIPHY")
            entry = found.setdefault(phy, {"types": [], "mhz": set(), "newest": {}})
            entry["name"] = part.get_attr("NL80211_ATTR_WIPHY_NAME") or entry.get("name", "")
            entry["types"] += part.get_attr("NL80211_ATTR_SUPPORTED_IFTYPES") or []
            entry["mhz"] |= set(_allowed_mhz(part))
            _take_generations(part, entry)
        return tuple(_adapter(phy, entry) for phy, entry in sorted(found.items()))

    def interfaces(self) -> tuple[WifiInterface, ...]:
        """Return all wireless interfaces that have a name."""
        rows = self._ask(GET_INTERFACE, DUMP)
        names = ("NL80211_ATTR_IFNAME", "NL80211_ATTR_IFINDEX", "NL80211_ATTR_WIPHY", "NL80211_ATTR_IFTYPE")
        return tuple(
            WifiInterface(*(row.get_attr(n) for n in names)) for row in rows if row.get_attr(names[0])
        )

    def add_monitor(self, phy: int, name: str) -> None:
        """Put a second interface that only listens on a radio."""
        self._ask(
            NEW_INTERFACE,
            ACK,
            NL80211_ATTR_WIPHY=phy,
            NL80211_ATTR_IFNAME=name,
            NL80211_ATTR_IFTYPE=MONITOR,
        )

    def remove(self, index: int) -> None:
        """Remove an interface that `add_monitor` made."""
        self._ask(DEL_INTERFACE, ACK, NL80211_ATTR_IFINDEX=index)

    def set_type(self, index: int, kind: int) -> None:
        """Change what an interface is; it must be down."""
        self._ask(SET_INTERFACE, ACK, NL80211_ATTR_IFINDEX=index, NL80211_ATTR_IFTYPE=kind)

    def set_channel(self, index: int, *, mhz: int, width: int, middle_mhz: int) -> None:
        """Tune the radio under an interface."""
        self._ask(
            SET_WIPHY,
            ACK,
            NL80211_ATTR_IFINDEX=index,
            NL80211_ATTR_WIPHY_FREQ=mhz,
            NL80211_ATTR_CHANNEL_WIDTH=width,
            NL80211_ATTR_CENTER_FREQ1=middle_mhz,
        )

    def survey(self, index: int) -> tuple[ChannelSurvey, ...]:
        """Return what the driver has counted on each channel, by an interface of its radio."""
        rows = self._ask(GET_SURVEY, DUMP, NL80211_ATTR_IFINDEX=index)
        return tuple(channel for channel in map(_channel_survey, rows) if channel is not None)

    def _ask(self, command: int, flags: int, **attributes: object) -> list[Any]:
        from pyroute2.netlink.exceptions import NetlinkError

        message = self._message()
        message["cmd"] = command
        message["attrs"] = [[name, value] for name, value in attributes.items()]
        try:
            return list(self._iw.nlm_request(message, msg_type=self._iw.prid, msg_flags=REQUEST | flags))
        except NetlinkError as error:
            raise _why(error.code) from error
        except OSError as error:
            raise _why(error.errno) from error

    def close(self) -> None:
        """Close the netlink socket."""
        self._iw.close()


def _channel_survey(row: Any) -> ChannelSurvey | None:
    info = row.get_attr("NL80211_ATTR_SURVEY_INFO")
    mhz = None if info is None else info.get_attr("NL80211_SURVEY_INFO_FREQUENCY")
    if not mhz:
        return None
    noise = info.get_attr("NL80211_SURVEY_INFO_NOISE")
    return ChannelSurvey(
        center_hz=float(mhz * HZ_PER_MHZ),
        noise_dbm=None if noise is None else noise - 256 * (noise > 127),  # a signed byte
        time_ms=info.get_attr("NL80211_SURVEY_INFO_TIME"),
        busy_ms=info.get_attr("NL80211_SURVEY_INFO_TIME_BUSY"),
        rx_ms=info.get_attr("NL80211_SURVEY_INFO_TIME_RX"),
        tx_ms=info.get_attr("NL80211_SURVEY_INFO_TIME_TX"),
        in_use=any(name == "NL80211_SURVEY_INFO_IN_USE" for name, _ in info["attrs"]),
    )


def _adapter(phy: int, entry: Mapping[str, Any]) -> Adapter:
    monitors = "monitor" in entry["types"] or MONITOR in entry["types"]
    return Adapter(phy, entry["name"], monitors, tuple(sorted(entry["mhz"])), entry["newest"])


def _take_generations(part: Any, entry: dict[str, Any]) -> None:
    """Note the newest generation by band. A split dump tells what a band can do before its channels."""
    for band in part.get_attr("NL80211_ATTR_WIPHY_BANDS") or []:
        newest = _newest(band)
        channels = band.get_attr("NL80211_BAND_ATTR_FREQS") or []
        if not channels:
            entry["untold"] = newest
            continue
        newest = max(newest, entry.pop("untold", OLDEST))
        mhz = int(channels[0].get_attr("NL80211_FREQUENCY_ATTR_FREQ"))
        for name, (low, high) in WIFI_BANDS_MHZ.items():
            if low <= mhz <= high:
                entry["newest"][name] = max(newest, entry["newest"].get(name, OLDEST))


def _newest(band: Any) -> int:
    rows = band.get_attr("NL80211_BAND_ATTR_IFTYPE_DATA") or []
    kinds = {kind for row in rows for kind in map(_number_of, row["attrs"])}
    if kinds & EHT_CAPABILITIES:
        return 7
    if kinds & HE_CAPABILITIES:
        return 6
    if band.get_attr("NL80211_BAND_ATTR_VHT_CAPA"):
        return 5
    return OLDEST if band.get_attr("NL80211_BAND_ATTR_HT_CAPA") is None else 4


def _number_of(attribute: Any) -> int:
    """Return the number of an attribute of a band's data: pyroute2 has no names for the newer ones."""
    name = str(attribute[0])
    if name in HE_NAMES:
        return min(HE_CAPABILITIES)
    header = attribute[1].get("header", {}) if isinstance(attribute[1], dict) else {}
    return int(header.get("type", 0)) & ATTRIBUTE_NUMBER


def _allowed_mhz(part: Any) -> Iterator[int]:
    for band in part.get_attr("NL80211_ATTR_WIPHY_BANDS") or []:
        for channel in band.get_attr("NL80211_BAND_ATTR_FREQS") or []:
            if not channel.get_attr("NL80211_FREQUENCY_ATTR_DISABLED"):
                yield int(channel.get_attr("NL80211_FREQUENCY_ATTR_FREQ"))


def widths(mhz: int) -> tuple[tuple[int, int], ...]:
    """Return (width, middle in MHz) to try for a primary channel, the widest first.

    Notes
    -----
    A radio on 20 MHz cannot decode the 40 and 80 MHz data frames of 5 and 6 GHz networks, only their
    control frames; on the wide block around the primary channel it decodes all three.
    """
    narrow = ((WIDTH_20, mhz), (WIDTH_20_PLAIN, mhz))
    first = _block_of(mhz)
    if first is None:
        return narrow
    middle_40 = first + (mhz - first) // (2 * STEP_MHZ) * 2 * STEP_MHZ + STEP_MHZ // 2
    return ((WIDTH_80, first + 30), (WIDTH_40, middle_40), *narrow)


def _block_of(mhz: int) -> int | None:
    if FIRST_6_GHZ <= mhz <= LAST_6_GHZ:
        first = FIRST_6_GHZ + (mhz - FIRST_6_GHZ) // (4 * STEP_MHZ) * 4 * STEP_MHZ
        return first if (mhz - first) % STEP_MHZ == 0 and first + 3 * STEP_MHZ <= LAST_6_GHZ else None
    fitting = (f for f in BLOCKS_80_MHZ if f <= mhz < f + 4 * STEP_MHZ and (mhz - f) % STEP_MHZ == 0)
    return next(fitting, None)


def _why(code: int | None) -> HwError:
    if code in {errno.EPERM, errno.EACCES}:
        hint = "It needs CAP_NET_ADMIN: run as the ansim service or as root (make install-pi)."
        return DeviceDenied("This user may not control the Wi-Fi adapter", hint=hint)
    if code == errno.EBUSY:
        hint = "Disconnect it from its network (nmcli device disconnect NAME), or use a second adapter."
        return DeviceBusy("The Wi-Fi adapter is in use", hint=hint)
    if code == errno.ENODEV:
        return DeviceLost("The Wi-Fi adapter was unplugged", hint="Plug it in again; it is found by itself.")
    name = errno.errorcode.get(code or 0, str(code))
    return DeviceMissing(f"The Wi-Fi adapter refuses ({name})", hint="Use an adapter that can monitor.")


def open_wireless(sys_root: Path = Path("/sys")) -> Wireless:
    """Connect to nl80211.

    Raises
    ------
    DeviceMissing
        The kernel knows no wireless adapter.
    MissingComponent
        pyroute2 is not installed.
    """
    if not any((sys_root / "class/ieee80211").glob("*")):
        raise DeviceMissing("No Wi-Fi adapter is plugged in", hint=PLUG_HINT)
    try:
        from pyroute2 import IW
        from pyroute2.netlink.exceptions import NetlinkError
    except ImportError as error:
        raise MissingComponent(
            "pyroute2 is not installed", hint="Install ansim with its [pi] extra."
        ) from error
    try:
        return Wireless(IW())
    except (NetlinkError, OSError) as error:
        raise DeviceMissing("The kernel's nl80211 does not answer", hint="Load cfg80211.") from error
