"""The support bundle: what is in it is what it lists, and nothing in it names a person or a device."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.diag import bundle
from firmware.diag.bundle import READ_ME, BundlePart, Cleaner
from firmware.diag.feed import Feed
from firmware.errors import BundleTrouble
from firmware.records.custody.unit_key import load_or_make_unit_key
from tests.firmware.diag.moments import BYSTANDER, CAMERA_MAC, short_socket, snapshot

RUNNER = CliRunner()
HOME, HOST = Path("/home/minji"), "minjis-pi"


def cleaner(*, clear: bool = False) -> Cleaner:
    return Cleaner(clear=clear, home=HOME, host=HOST)


def parts_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def command(tmp_path: Path, *more: str, given_yes: bool = True) -> tuple[int, Path, str]:
    file, log = tmp_path / "support.zip", tmp_path / "ansim.log"
    if not log.exists():
        log.write_text(f"sense lost {CAMERA_MAC} at 192.168.0.17 in {Path.home()}/x\n")
    words = ["diag", "bundle", str(file), "--log", str(log), "--socket", str(tmp_path / "s"), "--lang", "en"]
    done = RUNNER.invoke(app, [*words, *(["--yes"] if given_yes else []), *more], input="n\n")
    return done.exit_code, file, done.stderr + done.stdout


@given(mac=st.lists(st.integers(0, 255), min_size=6, max_size=6), mark=st.sampled_from([":", "-", ""]))
def test_no_address_stays_in_text_or_value(mac: list[int], mark: str) -> None:
    address = mark.join(f"{b:02x}" for b in mac)
    clean = cleaner()
    assert address not in clean.text(f"heard {address} again")
    assert address not in json.dumps(clean.value({"a": [{"address": address}], address: "x"}))


def test_places_and_people_are_taken_out() -> None:
    said = cleaner().text(f"{HOST} wrote {HOME}/records from 10.0.0.5 with ansim 0.1.0")
    assert "minji" not in said
    assert "10.0.0.5" not in said
    assert "~/records" in said
    assert "0.1.0" in said


def test_one_address_has_one_pseudonym_within_a_bundle_and_another_in_the_next() -> None:
    one, two = cleaner(), cleaner()
    assert one.text(CAMERA_MAC) == one.text(CAMERA_MAC) != two.text(CAMERA_MAC)


def test_clear_leaves_everything_as_it_is() -> None:
    assert cleaner(clear=True).text(f"{CAMERA_MAC} {HOST}") == f"{CAMERA_MAC} {HOST}"
    assert not bundle.log_part("x", cleaner(clear=True)).redacted


def test_hosts_in_the_settings_are_private() -> None:
    settings = {"hw": {"sdr": {"rtl_tcp": "minji.example.org:1234", "gain_db": 20.0}}}
    part = bundle.settings_part(settings, {}, cleaner())
    assert b"minji.example.org" not in part.content
    assert json.loads(part.content)["settings"]["hw"]["sdr"] == {"rtl_tcp": "(set)", "gain_db": 20.0}


def test_of_a_long_log_the_end_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_text("old line\n" * 300_000 + "the last line\n")
    part = bundle.log_part(bundle.read_tail(log), cleaner())
    assert part.size_bytes <= bundle.TEXT_BYTES_MOST
    assert part.content.rstrip().endswith(b"the last line")
    assert bundle.read_tail(tmp_path / "none.log") == ""


def test_a_recording_is_bounded_and_follows_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, secret = tmp_path / "session", tmp_path / "secret"
    (session / "rf").mkdir(parents=True)
    (session / "rf" / "a.sigmf-data").write_bytes(b"x" * 100)
    secret.write_text("secret")
    (session / "link").symlink_to(secret)
    (part,) = bundle.recording_parts(session)
    assert (part.name, part.size_bytes, part.redacted) == ("recording/rf/a.sigmf-data", 100, False)
    monkeypatch.setattr(bundle, "RECORDING_BYTES_MOST", 99)
    with pytest.raises(BundleTrouble, match="fewer seconds"):
        bundle.recording_parts(session)


def test_the_file_is_the_owners_alone_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    part = BundlePart(name="x.txt", about="bundle.about.log", content=b"x")
    assert bundle.write_bundle(path, [part]) == path.stat().st_size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(BundleTrouble, match="there already"):
        bundle.write_bundle(path, [part])
    assert path.read_bytes() == before
    with pytest.raises(BundleTrouble, match="cannot be written"):
        bundle.write_bundle(tmp_path / "nowhere" / "a.zip", [part])
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]  # no half file is left behind


def test_the_command_lists_what_it_writes(tmp_path: Path) -> None:
    code, file, said = command(tmp_path)
    assert code == 0, said
    parts = parts_of(file)
    assert {READ_ME, "versions.json", "settings.json", "devices.json", "health.json", "log.txt"} <= set(parts)
    for name in parts:
        assert name in said
        assert name == READ_ME or name in parts[READ_ME]
    assert json.loads(parts["versions.json"])["ansim"]
    assert json.loads(parts["health.json"])["trouble"].startswith("No running unit")


def test_nothing_is_written_without_a_yes(tmp_path: Path) -> None:
    code, file, said = command(tmp_path, given_yes=False)
    assert code == 1
    assert "log.txt" in said
    assert not file.exists()


def test_the_bundle_names_nobody(tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path), redact=lambda value: value) as feed:  # a unit that redacts nothing
        feed.publish(snapshot())
        code, file, _ = command(tmp_path)
    assert code == 0
    parts = parts_of(file)
    assert json.loads(parts["health.json"])["verdict"]["level"] == snapshot().verdict.level.value
    everything = "\n".join(parts.values())
    for private in (CAMERA_MAC, BYSTANDER, "192.168.0.17", str(Path.home())):
        assert private not in everything, private


def test_the_units_key_and_records_never_go_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "ansim"
    (folder / "records").mkdir(parents=True)
    (folder / "calibration").mkdir()
    (folder / "calibration" / "eye.toml").write_text(f"# {CAMERA_MAC}\nversion = 1\n")
    (folder / "calibration" / "rf.json").write_text('{"lines": []}')
    load_or_make_unit_key(folder / "records")
    secret = (folder / "records" / "unit.key").read_text().split()[-1]
    code, file, _ = command(tmp_path)
    assert code == 0
    parts = parts_of(file)
    assert "version = 1" in parts["calibration/eye.toml"]
    assert "lines" in parts["calibration/rf.json"]
    everything = "\n".join([*parts, *parts.values()])
    assert CAMERA_MAC not in everything
    assert secret not in everything
    assert "unit.key" not in everything


def test_a_recording_goes_in_only_where_asked_and_without_addresses(tmp_path: Path) -> None:
    small = ("--set", "hw.camera.width_px=160", "--set", "hw.camera.height_px=120")
    code, file, said = command(tmp_path, "--kit", "sim:wifi-camera", "--record", "1", *small)
    assert code == 0, said
    names = set(parts_of(file))
    assert "recording/manifest.toml" in names
    assert any(name.startswith("recording/rf/") for name in names)
    assert not any("wifi" in name or "ble" in name for name in names)
    assert "CLEAR" in said


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("from fe80::1ff:fe23:4567:890a%wlan0 came", "4567:890a"),
        ("addr 2001:db8:0:1:1:1:1:1 joined", "2001:db8"),
        ("eui aa:bb:cc:ff:fe:dd:ee:01", "ee:01"),
        ("usb serial 00000042-abc", "00000042"),
        ("Serial Number: XK991-2", "XK991"),
        ("read /home/minji/notes and /Users/minji/x", "minji"),
        ("station ssid='Tapo_Cam_Minji Kim 010' heard", "Minji"),
        ('heard name="Minji\'s phone"', "Minji"),
    ],
)
def test_a_log_line_keeps_what_names_people_and_things_to_itself(text: str, private: str) -> None:
    assert private not in bundle.Cleaner(home=Path("/nobody"), host="").text(text)


def test_what_names_nobody_stays_readable() -> None:
    text = "12:34:56 sensor=wifi state=lost name=wlan1 ::ok 10.5 dB"
    assert bundle.Cleaner(home=Path("/nobody"), host="").text(text) == text


def test_serials_and_folders_of_places_are_replaced() -> None:
    cleaner = bundle.Cleaner(home=Path("/nobody"), host="")
    said = cleaner.value({"name": "dongle", "serial": "00000042", "detail": "quiet"})
    assert "00000042" not in json.dumps(said)
    part = bundle.settings_part({"inspection": {"sites": "/srv/Women's shelter"}}, {}, cleaner)
    assert "shelter" not in part.content.decode()
