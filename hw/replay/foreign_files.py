"""Names files that others write about the air and that cannot be replayed, each with the way out."""

from __future__ import annotations

import re
from pathlib import Path

from hw.errors import BadRecording

# What begins a file, what the file is, and where its packets are.
WAYS_OUT: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(rb"\s*BSSID, First time seen"),
        "is airodump-ng's table of networks: it holds no packets",
        "Give the .cap file that airodump-ng wrote beside it.",
    ),
    (
        re.compile(rb"\s*(?:Network;NetType|BSSID,LAT,LON|WigleWifi)"),
        "is a table of networks: it holds no packets",
        "Give the .pcap or .kismet file of the same walk.",
    ),
    (
        re.compile(rb"\s*<\?xml.{0,300}detection-run", re.DOTALL),
        "is a list of networks (netxml): it holds no packets",
        "Give the .pcap, .cap or .kismet file beside it.",
    ),
)
APPLE_SUFFIX = ".pklg"


def foreign_file(path: Path, head: bytes) -> BadRecording | None:
    """Return what is to be said of such a file, None where it is none.

    Parameters
    ----------
    path : Path
        The file.
    head : bytes
        Its beginning, unpacked.

    Returns
    -------
    BadRecording or None
    """
    for begins, what, way_out in WAYS_OUT:
        if begins.match(head):
            return BadRecording(f"{path.name} {what}", hint=way_out)
    if path.suffix.casefold() == APPLE_SUFFIX:
        return BadRecording(
            f"{path.name} is a log of Apple's PacketLogger, which ansim does not read",
            hint="Record with btlogger -f pcapng, or open it in Wireshark and save it as pcapng.",
        )
    return None
