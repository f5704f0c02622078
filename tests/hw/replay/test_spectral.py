"""A recorded spectral scan: told by its content, played by the chip's clock, damaged or not."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import BadRecording, DeviceLost, DeviceMissing, EndOfRecording
from hw.protocols import SpectralRadio
from hw.replay.recorder import Recorder
from hw.replay.sdr import open_sdr
from hw.replay.session import find_parts
from hw.replay.spectral import RecordedBatches, RecordedSpectral, open_spectral
from tests.hw.formats import spectral_writer as write


def records(count: int = 40, *, step_us: int = 10_000) -> bytes:
    magnitudes = np.full(56, 5.0)
    magnitudes[30] = 900
    return b"".join(write.ht20(magnitudes, mhz=2412 + 5 * (i % 3), tsf_us=step_us * i) for i in range(count))


def opened(path: Path, clock: ManualClock | None = None) -> RecordedSpectral | RecordedBatches:
    return open_spectral(target=str(path), config=HwConfig(), clock=clock or ManualClock())


@pytest.mark.parametrize("name", ["scan.dump", "noname", "scan.bin", "scan.dump.gz"])
def test_a_dump_is_told_by_its_content_and_played_by_its_clock(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(records()) if name.endswith("gz") else records())
    assert find_parts(str(path)).roles() == ("spectral",)
    clock = ManualClock()
    radio = opened(path, clock)
    assert isinstance(radio, SpectralRadio)
    assert radio.channels_hz() == ()
    batches = [radio.read_spectra(duration_s=0.1) for _ in range(4)]
    with pytest.raises(EndOfRecording):
        radio.read_spectra(duration_s=0.1)
    assert [len(b.samples) for b in batches] == [10, 10, 10, 10]
    assert batches[1].t_ns == 100_000_000
    assert clock.now_ns() == 390_000_000
    radio.close()
    radio.close()
    with pytest.raises(DeviceLost):
        radio.read_spectra(duration_s=0.1)


def test_damage_is_counted_once_with_the_batch_it_came_in(tmp_path: Path) -> None:
    path = tmp_path / "scan.dump"
    path.write_bytes(records(20) + b"rubbish" + records(20) + records(1)[:30])
    radio = opened(path)
    dropped = [dict(radio.read_spectra(duration_s=0.05).dropped) for _ in range(8)]
    with pytest.raises(EndOfRecording):
        radio.read_spectra(duration_s=0.05)
    total = {k: sum(d.get(k, 0) for d in dropped) for d in dropped for k in d}
    assert total == {"unknown_type": 1, "cut_off": 1}
    assert radio.health().ok
    assert radio.health().numbers == {"unknown_type": 1.0, "cut_off": 1.0}


def test_a_dump_without_a_true_record_is_refused_with_its_reasons(tmp_path: Path) -> None:
    path = tmp_path / "scan.dump"
    path.write_bytes(records(2) + b"")
    wrong = np.full(56, 9.0)
    radio = opened(path)
    path.write_bytes(write.ht20(wrong, mhz=900, tsf_us=1) * 5)
    with pytest.raises(BadRecording, match="bad_frequency 5"):
        radio.read_spectra(duration_s=1.0)
    with pytest.raises(BadRecording):
        find_parts(str(path))


def test_other_roles_say_where_to_use_it_and_a_folder_of_dumps_is_one_scan(tmp_path: Path) -> None:
    for name in ("a.dump", "b.dump"):
        (tmp_path / name).write_bytes(records(20))
    with pytest.raises(DeviceMissing) as error:
        open_sdr(target=str(tmp_path / "a.dump"), config=HwConfig(), clock=ManualClock())
    assert "spectral scans" in error.value.what
    radio = opened(tmp_path)
    assert len(radio.read_spectra(duration_s=60.0).samples) == 40


def test_a_session_gives_the_batches_that_the_device_gave(tmp_path: Path) -> None:
    source, clock = tmp_path / "scan.dump", ManualClock()
    source.write_bytes(records(40))
    recorder = Recorder(tmp_path / "session", wall_ns=0)
    tapped = recorder.wrap("spectral", opened(source, clock), clock=clock)
    given = [tapped.read_spectra(duration_s=0.1) for _ in range(3)]
    tapped.close()
    recorder.close()
    assert (tmp_path / "session" / "spectral.dump").read_bytes() == records(40)[: 30 * 76]
    again = opened(tmp_path / "session")
    for batch in given:
        played = again.read_spectra(duration_s=5.0)
        assert (played.t_ns, played.until_ns) == (batch.t_ns, batch.until_ns)
        assert [s.t_ns for s in played.samples] == [s.t_ns for s in batch.samples]
        for one, other in zip(played.samples, batch.samples, strict=True):
            np.testing.assert_array_equal(one.bins_dbm, other.bins_dbm)
    with pytest.raises(EndOfRecording):
        again.read_spectra(duration_s=5.0)
    again.close()
