"""A report says in the reader's language what a record holds, and shows earlier records as they are."""

from __future__ import annotations

from dataclasses import replace

from firmware.i18n.catalog import Catalog
from firmware.report.formatting import signs_of
from tests.firmware.sensors import network
from wifiscan.signatures import load_signatures

NAMED = replace(network(), identity=load_signatures().of_ssid("V380-1234567"))


def test_signs_are_said_in_the_language_of_the_reader() -> None:
    data = NAMED.as_record()
    assert signs_of(data, Catalog("ko")) == "네트워크 이름 'V380-1234567': V380 카메라"
    assert signs_of(data, Catalog("en")) == "network name 'V380-1234567': a V380 camera"


def test_a_record_written_earlier_is_read_as_it_is() -> None:
    data = NAMED.as_json()  # as records were written before they kept the place
    assert signs_of(data, Catalog("ko")) == "network name 'V380-1234567': a V380 camera"
