"""A second unit vouches for the head of another one's chain: it signs what the other's QR code says.

::

    unit A: QR on the report (hash, A's fingerprint) ─► unit B signs it ─► statement as text or QR ─► A's file

Both are read by eye or camera, without a network. Who later holds A's key and card cannot make B's statement
anew, so a store of A that was put back, emptied or rewritten no longer has the entry that B saw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware.records.custody.anchor import Expected
from firmware.records.custody.errors import KeyTrouble
from firmware.records.custody.unit_key import UnitKey, signature_holds

MARK = "ANSIM-W1"  # mark, hash, fingerprint of the unit, time, key of the witness, signature
DOMAIN = b"ansim witness 1\0"
STATEMENT = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{32}) ([0-9]{1,12}) ([0-9a-f]{64}) ([0-9a-f]{128})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A statement whose signature holds: which entry was seen, of which unit, when, and who says so."""

    hash: str
    unit: str  # fingerprint of the key that signed the entry
    utc_s: int  # by the clock of the witness, s since 1970
    witness: bytes  # public key, 32 raw bytes

    def expected(self, known: bytes) -> Expected:
        """Return what a file has to hold, for somebody who knows the key of the witness.

        Raises
        ------
        KeyTrouble
            If another key signed the statement: then anybody may have made it.
        """
        if self.witness != known:
            raise KeyTrouble(
                "Another unit signed this statement than the one whose key was given",
                hint="Ask the witness for its key: ansim report key.",
            )
        return Expected(hash=self.hash, fingerprint=self.unit)


def bear_witness(key: UnitKey, seen: Expected, *, utc_s: int) -> str:
    """Return a unit's statement that it has seen an entry of another one.

    Parameters
    ----------
    key : UnitKey
        Of the witness.
    seen : Expected
        What the QR code of the other unit says.
    utc_s : int
        Now, s since 1970.

    Raises
    ------
    KeyTrouble
        If it is not said which unit signed the entry, or the witness itself did.
    """
    if not seen.fingerprint:
        raise KeyTrouble("A hash alone does not say whose it is", hint="Give the whole text of the QR code.")
    if seen.fingerprint == key.fingerprint:
        raise KeyTrouble("A unit is no witness of itself", hint="Use another unit.")
    said = f"{seen.hash} {seen.fingerprint} {utc_s}"
    signature = key.sign(DOMAIN + said.encode("ascii"))
    return f"{MARK} {said} {key.public.hex()} {signature.hex()}".upper()


def read_witnessed(text: str) -> Witnessed:
    """Return the statement that a text holds.

    Raises
    ------
    KeyTrouble
        If it holds none, or its signature does not hold.
    """
    mark, _, rest = " ".join(text.split()).partition(" ")
    found = STATEMENT.fullmatch(rest.lower()) if mark == MARK else None
    if found is None:
        raise KeyTrouble("This is not the statement of a witness", hint="It begins with ANSIM-W1.")
    said, (digest, unit, utc_s, public, signature) = " ".join(found.group(1, 2, 3)), found.groups()
    if not signature_holds(bytes.fromhex(public), bytes.fromhex(signature), DOMAIN + said.encode("ascii")):
        raise KeyTrouble("The statement of the witness was altered", hint="Read its QR code again.")
    return Witnessed(hash=digest, unit=unit, utc_s=int(utc_s), witness=bytes.fromhex(public))
