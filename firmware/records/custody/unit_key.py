"""The unit's key: one secret, made on first use, from which all other secrets of the records are derived.

::

    32 secret bytes (file, mode 0600) ─┬─► Ed25519: signs every entry
                                       ├─► HKDF "pseudonyms": HMAC-SHA256 names bystanders' devices
                                       ├─► HKDF "sealing": ChaCha20-Poly1305 hides suspicious addresses
                                       └─► HKDF "salts": HMAC-SHA256 salts what a record commits to
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from firmware.records.custody.atomic_files import replace, write_new
from firmware.records.custody.errors import KeyTrouble, clear_errors
from firmware.records.custody.sealed_key import is_sealed, open_sealed, public_of_sealed, seal_secret

KEY_FILE = "unit.key"
KEY_MODE = 0o600
OTHERS = 0o077  # mode bits that anybody but the owner would use
SECRET_BYTES = 32  # RFC 8032, section 5.1.5
NONCE_BYTES = 12  # RFC 8439, section 2.8
PSEUDONYM_HEX = 16  # 64 bits: no two of a million devices share one, and it never looks like an address
PSEUDONYM_MARK = "~"
FINGERPRINT_HEX = 32
HEADING = b"ansim unit key 1\n"


class UnitKey:
    """Signs, names and seals for one unit."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Ed25519PrivateKey.from_private_bytes(secret)
        self._names = _derive(secret, b"ansim pseudonyms 1")
        self._salts = _derive(secret, b"ansim salts 1")
        self._sealer = ChaCha20Poly1305(_derive(secret, b"ansim sealing 1"))

    @property
    def public(self) -> bytes:
        """The public key, 32 raw bytes."""
        return self._signer.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """The short name of the public key."""
        return fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (RFC 8032), 64 bytes."""
        return self._signer.sign(message)

    def pseudonym(self, address: str) -> str:
        """Return the name this unit gives an address: the same one every time, and no way back.

        Notes
        -----
        HMAC-SHA256 under a secret of this unit: without it the 2^48 addresses cannot be tried out, and
        another unit names the same device differently.
        """
        digits = "".join(c for c in address.lower() if c.isalnum())
        digest = hmac.new(self._names, digits.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return PSEUDONYM_MARK + digest[:PSEUDONYM_HEX]

    def salt(self, purpose: str) -> str:
        """Return 32 bytes as hex that only this unit can make again, for what a record commits to."""
        return hmac.new(self._salts, purpose.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def seal(self, clear: bytes) -> str:
        """Return text that only this unit can turn back into ``clear``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return b64encode(nonce + self._sealer.encrypt(nonce, clear, None)).decode("ascii")

    def unseal(self, sealed: str) -> bytes:
        """Return the clear text of a sealed one.

        Raises
        ------
        KeyTrouble
            If it was sealed by another unit, or altered since.
        """
        try:
            raw = b64decode(sealed, validate=True)
            return self._sealer.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
        except (ValueError, InvalidTag) as error:
            raise KeyTrouble(
                "The sealed addresses do not open with this unit's key",
                hint="Export the evidence on the unit that made the record.",
            ) from error


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None, info=purpose).derive(secret)


def fingerprint(public: bytes) -> str:
    """Return the short name of a public key: the head of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:FINGERPRINT_HEX]


def signature_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether ``signature`` was made over ``message`` by the owner of ``public``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_pem(public: bytes) -> bytes:
    """Return a public key as PEM, which OpenSSL reads too."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_public_pem(pem: bytes) -> bytes:
    """Return the 32 raw bytes of a PEM public key.

    Raises
    ------
    KeyTrouble
        If it is not an Ed25519 public key.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyTrouble("This is not a public key", hint="Use the file of `ansim report key`.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyTrouble(
            "This public key is not of the kind Ed25519", hint="Use the file of `ansim report key`."
        )
    return key.public_bytes_raw()


def load_unit_key(folder: Path, *, pin: str | None = None) -> UnitKey:
    """Read the unit's key; a sealed one opens with ``pin``, or with the PIN of the environment.

    Raises
    ------
    KeySealed
        If it is sealed, and the PIN is missing or another one.
    KeyTrouble
        If it is missing, damaged, or others could read it.
    """
    path = folder / KEY_FILE
    text = _key_text(path)
    if is_sealed(text):
        return UnitKey(open_sealed(text, pin))
    try:
        return UnitKey(_secret_of(text))
    except ValueError as error:
        raise KeyTrouble(f"The unit key {path} is damaged", hint="Put back its backup.") from error


def load_public_key(folder: Path) -> bytes:
    """Return the unit's public key, 32 raw bytes; of a sealed key too. Raises as `load_unit_key`."""
    text = _key_text(folder / KEY_FILE)
    return public_of_sealed(text) if is_sealed(text) else load_unit_key(folder).public


def key_is_sealed(folder: Path) -> bool:
    """Say whether the unit's key is sealed. Raises `KeyTrouble` if it cannot be read."""
    return is_sealed(_key_text(folder / KEY_FILE))


def seal_unit_key(folder: Path, pin: str) -> None:
    """Seal the unit's key with a PIN; it stays the same key.

    Raises
    ------
    KeyTrouble
        If the PIN is too short, or the key is missing, damaged or sealed already.
    """
    path = folder / KEY_FILE
    text = _key_text(path)
    if is_sealed(text):
        raise KeyTrouble("The unit's key is sealed already", hint="ansim report key --unseal")
    load_unit_key(folder)
    with clear_errors(path):
        replace(path, seal_secret(_secret_of(text), pin), mode=KEY_MODE)


def unseal_unit_key(folder: Path, pin: str) -> None:
    """Take the seal off the unit's key for good. Raises as `load_unit_key`."""
    path = folder / KEY_FILE
    text = _key_text(path)
    if not is_sealed(text):
        raise KeyTrouble("The unit's key is not sealed", hint="ansim report key --seal")
    secret = open_sealed(text, pin)
    with clear_errors(path):
        replace(path, _key_file(secret), mode=KEY_MODE)


def _key_text(path: Path) -> bytes:
    """Return the key's file. Raises `KeyTrouble` if it is missing, or others could read it."""
    if not path.is_file():
        raise KeyTrouble(
            f"There is no unit key at {path}", hint="It is made when the first record is stored."
        )
    with clear_errors(path):
        mode, text = path.stat().st_mode, path.read_bytes()
    if mode & OTHERS:
        raise KeyTrouble(f"Others may read the unit key {path}", hint=f"chmod 600 {path}")
    return text


def _secret_of(text: bytes) -> bytes:
    return bytes.fromhex(text.removeprefix(HEADING).decode("ascii"))


def _key_file(secret: bytes) -> bytes:
    return HEADING + secret.hex().encode("ascii") + b"\n"


def load_or_make_unit_key(folder: Path) -> UnitKey:
    """Read the unit's key; make it, once and whole, where there is none."""
    path = folder / KEY_FILE
    if not path.exists():
        with clear_errors(path):
            write_new(path, _key_file(secrets.token_bytes(SECRET_BYTES)), mode=KEY_MODE)
    return load_unit_key(folder)


def owner_only(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    with clear_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK):
            folder.chmod(0o700)
