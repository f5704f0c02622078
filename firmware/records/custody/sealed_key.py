"""The unit's key sealed with a PIN: who takes the card cannot sign without the PIN.

::

    PIN ─ scrypt (salt) ─► AES-256-GCM: 32 secret bytes ─► file, with the public key readable beside them

The public key stays readable, so that records are listed, shown and verified without the PIN.

References
----------
RFC 7914, The scrypt Password-Based Key Derivation Function. NIST SP 800-38D, Galois/Counter Mode.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from firmware.records.custody.errors import KeySealed, KeyTrouble

HEADING = b"ansim sealed unit key 1\n"
PIN_VARIABLE = "ANSIM_KEY_PIN"
PIN_LEAST = 6  # characters
COST, BLOCK, PARALLEL = 1 << 15, 8, 1  # RFC 7914: 32 MiB, which a Zero 2 W has
SALT_BYTES, NONCE_BYTES, SECRET_BYTES = 16, 12, 32


def seal_secret(secret: bytes, pin: str) -> bytes:
    """Return the file of a sealed key.

    Parameters
    ----------
    secret : bytes
        32 bytes.
    pin : str
        At least `PIN_LEAST` characters.

    Raises
    ------
    KeyTrouble
        If the PIN is too short.
    """
    if len(pin) < PIN_LEAST:
        raise KeyTrouble(
            f"A PIN has at least {PIN_LEAST} characters", hint="Take more: each one makes guessing slower."
        )
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_stretched(pin, salt)).encrypt(nonce, secret, HEADING + public)
    fields = {"nonce": nonce, "public": public, "salt": salt, "sealed": sealed}
    return HEADING + json.dumps({k: v.hex() for k, v in fields.items()}).encode("ascii") + b"\n"


def public_of_sealed(text: bytes) -> bytes:
    """Return the public key of a sealed one, 32 raw bytes: what the file says, no pin.

    Raises
    ------
    KeyTrouble
        If the file is damaged.
    """
    return _fields(text)["public"]


def open_sealed(text: bytes, pin: str | None) -> bytes:
    """Return the 32 secret bytes of a sealed key.

    Parameters
    ----------
    text : bytes
        The file.
    pin : str or None
        None: the one of the environment variable `PIN_VARIABLE`.

    Raises
    ------
    KeySealed
        If there is no PIN, or it is another one.
    KeyTrouble
        If the file is damaged.
    """
    fields, said = _fields(text), os.environ.get(PIN_VARIABLE, "") if pin is None else pin
    if not said:
        raise KeySealed(
            "The unit's key is sealed with a PIN: nothing can be signed, so no record is stored",
            hint=f"Give the PIN in {PIN_VARIABLE}, or ansim report key --unseal.",
        )
    try:
        unsealer = AESGCM(_stretched(said, fields["salt"]))
        secret = unsealer.decrypt(fields["nonce"], fields["sealed"], HEADING + fields["public"])
    except (InvalidTag, ValueError) as error:
        raise KeySealed("This is not the PIN of the unit's key", hint="Try again.") from error
    return secret


def is_sealed(text: bytes) -> bool:
    """Say whether this is the file of a sealed key."""
    return text.startswith(HEADING)


def _stretched(pin: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=PARALLEL).derive(pin.encode("utf-8", "replace"))


def _fields(text: bytes) -> dict[str, bytes]:
    sizes = {
        "nonce": NONCE_BYTES, "public": SECRET_BYTES, "salt": SALT_BYTES, "sealed": SECRET_BYTES + 16
    }  # fmt: skip
    try:
        said: dict[str, Any] = json.loads(text.removeprefix(HEADING))
        fields = {name: bytes.fromhex(said[name]) for name in sizes}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise KeyTrouble("The sealed unit key is damaged", hint="Put back its backup.") from error
    if any(len(fields[name]) != size for name, size in sizes.items()):
        raise KeyTrouble("The sealed unit key is damaged", hint="Put back its backup.")
    return fields
