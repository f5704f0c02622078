"""Capture files: what is planted must come back, and no bytes whatsoever may break the reader."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.errors import BadRecording
from hw.formats import capture, pcapng
from hw.formats.capture import CaptureReader, capture_format, peek
from hw.formats.pcapng import PcapngWalker, read_options, ticks_per_second
from tests.hw import capture_files as made
from tests.hw.capture_files import Record

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
T0 = 1_700_000_000_000_000_000
LOOSE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

records_st = st.lists(
    st.builds(
        Record,
        data=st.binary(max_size=70),
        stamp_ns=st.integers(0, 10**12).map(lambda n: T0 + n // 1000 * 1000),
        wire=st.none() | st.integers(70, 3000),
    ),
    max_size=25,
)


def read_all(
    path: Path, content: bytes, **options: object
) -> tuple[list[tuple[int, int, int, bytes, int]], CaptureReader]:
    path.write_bytes(content)
    with CaptureReader(path, **options) as reader:  # type: ignore[arg-type]
        rows = [
            (batch.link_type, int(t), int(w), batch.buffer[s : s + n], int(f))
            for batch in reader
            for s, n, w, t, f in zip(
                batch.starts.tolist(),
                batch.lengths.tolist(),
                batch.wire_lengths.tolist(),
                batch.times_ns.tolist(),
                batch.flags.tolist(),
                strict=True,
            )
        ]
    return rows, reader


def planted(records: list[Record], *, link: int | None = None) -> list[tuple[int, int, int, bytes, int]]:
    first = records[0].stamp_ns if records else 0
    return [
        (r.link if link is None else link, r.stamp_ns - first, r.wire_length, r.data, r.flags)
        for r in records
    ]


@LOOSE
@given(records=records_st, order=st.sampled_from("<>"), nano=st.booleans())
def test_every_pcap_record_comes_back(tmp_path: Path, records: list[Record], order: str, nano: bool) -> None:
    rows, reader = read_all(tmp_path / "a", made.pcap(records, order=order, nano=nano), mend_times=False)
    assert rows == planted(records)
    assert not reader.dropped
    assert reader.format == "pcap"


@LOOSE
@given(
    records=records_st,
    order=st.sampled_from("<>"),
    links=st.lists(st.sampled_from([127, 105, 251]), min_size=25, max_size=25),
)
def test_every_pcapng_record_comes_back(
    tmp_path: Path, records: list[Record], order: str, links: list[int]
) -> None:
    mixed = [Record(r.data, r.stamp_ns, r.wire, link) for r, link in zip(records, links, strict=False)]
    rows, reader = read_all(tmp_path / "a", made.pcapng(mixed, order=order), mend_times=False)
    assert rows == planted(mixed)
    assert not reader.dropped


@LOOSE
@given(records=records_st, flags=st.integers(0, 3))
def test_every_btsnoop_record_comes_back(tmp_path: Path, records: list[Record], flags: int) -> None:
    flagged = [Record(r.data, r.stamp_ns, r.wire, 1002, flags) for r in records]
    rows, reader = read_all(tmp_path / "a", made.btsnoop(flagged), mend_times=False)
    assert rows == planted(flagged)
    assert not reader.dropped


@LOOSE
@given(
    records=records_st.filter(lambda r: len(r) > 0),
    cut=st.integers(1, 60),
    kind=st.sampled_from(["pcap", "pcapng", "btsnoop"]),
)
def test_a_truncated_tail_costs_only_what_was_cut(
    tmp_path: Path, records: list[Record], cut: int, kind: str
) -> None:
    build = {"pcap": made.pcap, "pcapng": made.pcapng, "btsnoop": made.btsnoop}[kind]
    whole = build(records)
    least = {"pcap": 24, "pcapng": 60, "btsnoop": 16}[kind]
    kept = whole[: max(least, len(whole) - cut)]
    rows, reader = read_all(tmp_path / "a", kept, mend_times=False)
    expected = planted(records, link=1002 if kind == "btsnoop" else None)
    assert rows == expected[: len(rows)]
    ends = [len(build(records[:n])) for n in range(len(records) + 1)]
    assert len(rows) == sum(end <= len(kept) for end in ends[1:])
    assert reader.dropped["truncated_record"] == (len(kept) not in ends)


@LOOSE
@given(
    records=records_st,
    noise=st.binary(max_size=200),
    at=st.integers(0, 3000),
    kind=st.sampled_from(["pcap", "pcapng", "btsnoop"]),
)
def test_damage_never_breaks_the_reader(
    tmp_path: Path, records: list[Record], noise: bytes, at: int, kind: str
) -> None:
    content = bytearray({"pcap": made.pcap, "pcapng": made.pcapng, "btsnoop": made.btsnoop}[kind](records))
    at = 24 + at % max(1, len(content))
    content[at : at + len(noise)] = noise
    rows, _ = read_all(tmp_path / "a", bytes(content))
    times = [row[1] for row in rows]
    assert times == sorted(times)
    assert all(len(row[3]) <= row[2] for row in rows)


@LOOSE
@given(
    head=st.sampled_from(
        [made.pcap([]), made.section(), made.section(">") + made.interface(127, order=">"), made.btsnoop([])]
    ),
    noise=st.binary(max_size=400),
)
def test_noise_after_a_header_never_breaks_the_reader(tmp_path: Path, head: bytes, noise: bytes) -> None:
    read_all(tmp_path / "a", head + noise)


@pytest.mark.parametrize("kind", ["pcap", "pcapng", "btsnoop"])
def test_reading_goes_on_behind_an_absurd_length(tmp_path: Path, kind: str) -> None:
    build = {"pcap": made.pcap, "pcapng": made.pcapng, "btsnoop": made.btsnoop}[kind]
    records = [Record(bytes([n]) * 40, T0 + n * 1_000_000) for n in range(20)]
    content = bytearray(build(records))
    ends = [len(build(records[:n])) for n in range(21)]
    offset = {"pcap": 8, "pcapng": 4, "btsnoop": 4}[kind]
    content[ends[9] + offset : ends[9] + offset + 4] = b"\xff\xff\xff\x7f"
    rows, reader = read_all(tmp_path / "a", bytes(content))
    frames = [row[3] for row in rows]
    assert frames == [r.data for n, r in enumerate(records) if n != 9]
    assert reader.dropped["absurd_length"] + reader.dropped["bad_block"] == 1


def test_a_file_longer_than_a_chunk_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "CHUNK_BYTES", 1000)
    records = [Record(bytes([n % 251]) * (n % 300), T0 + n * 1000) for n in range(300)]
    for content in (made.pcap(records), made.pcapng(records)):
        rows, reader = read_all(tmp_path / "a", content)
        assert [row[3] for row in rows] == [r.data for r in records]
        assert not reader.dropped


@pytest.mark.parametrize("gap", [16, 700, 1500, 40_000])
def test_the_next_record_is_found_however_far_the_damage_reaches(tmp_path: Path, gap: int) -> None:
    records = [Record(data=bytes([n]) * 50, stamp_ns=T0 + n * 1000) for n in range(8)]
    whole = made.pcap(records)
    cut = 24 + 4 * (16 + 50)
    rows, reader = read_all(tmp_path / "damaged.pcap", whole[:cut] + b"\xff" * gap + whole[cut:])
    assert [row[3][0] for row in rows] == list(range(8))
    assert reader.dropped["absurd_length"] == 1


@pytest.mark.parametrize("kind", ["pcap", "pcapng", "btsnoop"])
def test_every_second_record_damaged_costs_only_these(tmp_path: Path, kind: str) -> None:
    build = {"pcap": made.pcap, "pcapng": made.pcapng, "btsnoop": made.btsnoop}[kind]
    records = [Record(n.to_bytes(2, "big") * 20, T0 + n * 1_000_000) for n in range(400)]
    content = bytearray(build(records))
    begin = len(build([]))
    each = (len(content) - begin) // 400
    offset = {"pcap": 8, "pcapng": 4, "btsnoop": 4}[kind]
    for n in range(1, 400, 2):
        at = begin + n * each + offset
        content[at : at + 4] = b"\xff\xff\xff\x7f"
    rows, reader = read_all(tmp_path / "a", bytes(content))
    assert [row[3] for row in rows] == [r.data for r in records[::2]]
    assert reader.dropped["absurd_length"] + reader.dropped["bad_block"] == 200


def test_files_put_behind_each_other_are_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections that begin alike, one that has a second interface, and one that begins in another way."""
    alike = made.section("<") + made.interface(127, resolution=6)
    packet = made.enhanced(Record(b"abcd", T0), 0, ticks_per_s=10**6)
    second = made.enhanced(Record(b"efgh", T0), 1, ticks_per_s=10**6)
    other = made.section("<") + made.interface(105, resolution=9)
    nano = made.enhanced(Record(b"ijkl", T0), 0, ticks_per_s=10**9)
    content = 3 * (alike + packet) + alike + made.interface(201, resolution=6) + second + alike + second
    content += alike + packet + other + nano + alike + packet
    walker = PcapngWalker(content[:28])
    runs, used = walker.walk(content, final=True)
    links = [link for run in runs for link in run.links.tolist()]
    assert (links, used) == ([127, 127, 127, 201, 127, 105, 127], len(content))
    assert {t for run in runs for t in run.stamps_ns.tolist()} == {T0}
    assert walker.dropped == {"unknown_interface": 1}


def test_sections_and_interfaces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapng, "MOST_SECTIONS", 2)
    monkeypatch.setattr(pcapng, "MOST_INTERFACES", 3)
    packet = made.enhanced(Record(b"abcd", T0), 0, ticks_per_s=10**6)
    content = b"".join(made.section("<") + made.interface(link) * 2 + packet for link in (1, 2, 3, 4))
    walker = PcapngWalker(content[:28])
    runs, used = walker.walk(content, final=True)
    assert used == len(content)
    assert [link for run in runs for link in run.links.tolist()] == [1, 2, 2, 2]
    assert walker.dropped == {"bad_section": 2, "bad_interface": 3}


def test_packet_kinds_that_alternate_are_read_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timed and untimed packets by turns cost what packets of one kind cost, and keep their order."""
    blocks, expected = [made.simple(Record(b"first!", wire=6))], [(0, 6)]
    for n in range(3000):
        blocks.append(made.enhanced(Record(bytes(9), T0 + n * 1000), 0, ticks_per_s=10**6))
        blocks.append(made.simple(Record(b"simple", wire=6)))
        expected += [(T0 + n * 1000, 9), (T0 + n * 1000, 6)]
    content = made.section("<") + made.interface(127, resolution=6) + b"".join(blocks)
    runs, used = PcapngWalker(content[:28]).walk(content, final=True)
    assert (len(runs), used) == (1, len(content))
    assert list(zip(runs[0].stamps_ns.tolist(), runs[0].lengths.tolist(), strict=True)) == expected


def test_blocks_of_every_kind_and_a_second_section(tmp_path: Path) -> None:
    first, second, third, fourth = (Record(bytes([n]) * 9, T0 + n * 10**9) for n in range(4))
    content = (
        made.section("<")
        + made.interface(127, resolution=6)
        + made.interface(105, resolution=None)
        + made.block(0xBAD, b"unknown block")
        + made.enhanced(first, 0, ticks_per_s=10**6)
        + made.enhanced(second, 1, ticks_per_s=10**6)
        + made.simple(Record(b"simple", wire=6))
        + made.section(">")
        + made.interface(251, order=">", resolution=0x80 | 10, offset_s=5)
        + made.enhanced(Record(third.data, third.stamp_ns - 5 * 10**9), 0, order=">", ticks_per_s=1024)
        + made.interface(127, order=">", resolution=9)
        + made.obsolete(fourth, 1, order=">")
        + made.enhanced(fourth, 7, order=">")
    )
    rows, reader = read_all(tmp_path / "a", content)
    assert [(r[0], r[1], r[3]) for r in rows] == [
        (127, 0, first.data),
        (105, 10**9, second.data),
        (127, 10**9, b"simple"),
        (251, 2 * 10**9, third.data),
        (127, 3 * 10**9, fourth.data),
    ]
    assert reader.dropped == {"unknown_interface": 1}
    assert reader.wall_ns == T0


def test_other_link_types_are_counted(tmp_path: Path) -> None:
    records = [Record(b"x" * 20, T0 + n, link=127 if n % 3 else 251) for n in range(30)]
    rows, reader = read_all(tmp_path / "a", made.pcapng(records), accept={127})
    assert {row[0] for row in rows} == {127}
    assert (len(rows), reader.dropped["other_link_type"]) == (20, 10)


@given(st.lists(st.integers(-(1 << 33), 1 << 33), max_size=60))
@settings(deadline=None)
def test_times_never_run_backwards(tmp_path_factory: pytest.TempPathFactory, seconds: list[int]) -> None:
    path = tmp_path_factory.mktemp("stamps") / "a"
    records = [Record(b"x" * 20, t % (1 << 32) * 10**9) for t in seconds]
    times = [row[1] for row in read_all(path, made.pcap(records))[0]]
    assert times == sorted(times)
    assert len(times) == len(records)


def test_records_out_of_order_are_sorted_over_the_edges_of_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "CHUNK_BYTES", 700)
    turns = [(begin, radio) for begin in range(0, 40_000, 2000) for radio in (0, 1)]
    two_radios = [t + radio for begin, radio in turns for t in range(begin, begin + 2000, 50)]
    records = [Record(str(ms).encode(), T0 + ms * 1_000_000) for ms in two_radios]
    rows, reader = read_all(tmp_path / "a", made.pcap(records))
    assert [int(row[3]) for row in rows] == sorted(two_radios)
    assert [row[1] for row in rows] == [ms * 1_000_000 for ms in sorted(two_radios)]
    assert reader.notes == ("clock_disorder",)
    assert reader.wall_ns == T0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xd4\xc3\xb2\xa1",
        b"hello world, this is no capture",
        b"btsnoop\0",
        made.pcap([])[:20],
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_no_capture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadRecording):
        CaptureReader(tmp_path / "a")


def test_formats_are_told_by_content() -> None:
    assert capture_format(made.pcap([])) == "pcap"
    assert capture_format(made.pcap([], order=">", nano=True)) == "pcap"
    assert capture_format(made.section()) == "pcapng"
    assert capture_format(made.btsnoop([])) == "btsnoop"
    assert capture_format(b"\n\r\r\n" + bytes(8)) is None


def test_a_peek_tells_the_link_types(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(made.pcap([], link=105))
    assert peek(tmp_path / "a") == (frozenset({105}), None)


@given(st.binary(max_size=300), st.sampled_from("<>"))
def test_options_are_bounded(noise: bytes, order: str) -> None:
    assert len(read_options(noise, order)) <= 64


@given(st.integers(0, 255))
def test_every_clock_rate_is_usable(resolution: int) -> None:
    assert 1 <= ticks_per_second(resolution) < 1 << 64


def test_frame_check_flags_do_not_change_the_link_type(tmp_path: Path) -> None:
    content = bytearray(made.pcap([Record(b"abc")]))
    content[20:24] = struct.pack("<I", 0x14000069)
    rows, _ = read_all(tmp_path / "a", bytes(content))
    assert rows[0][0] == 105


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("*/*cap*")), ids=lambda p: p.name)
def test_the_same_as_scapy_on_real_files(path: Path, tmp_path: Path) -> None:
    utils = pytest.importorskip("scapy.utils")
    reference = list(utils.RawPcapReader(io.BytesIO(path.read_bytes())))
    expected = [bytes(data) for data, _ in reference]
    as_filed, _ = read_all(tmp_path / "a", path.read_bytes(), mend_times=False)
    assert [row[3] for row in as_filed] == expected
    in_time, _ = read_all(tmp_path / "b", path.read_bytes())
    assert sorted(row[3] for row in in_time) == sorted(expected)
    assert [row[1] for row in in_time] == sorted(row[1] for row in in_time)


@pytest.mark.shared
def test_there_are_real_files_to_read() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared recordings are not here")
    assert len(list(SHARED.glob("*/*cap*"))) > 20


@pytest.mark.parametrize(
    ("magic", "extra"), [(0xA1B2C3D4, 4), (0xA1B2C3D4, 8), (0xA1B2CD34, 8), (0xA1B2CD34, 12)]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_longer_record_headers_of_old_writers_are_recognised(
    tmp_path: Path, magic: int, extra: int, order: str
) -> None:
    records = [Record(bytes([n]) * (20 + n), T0 + n * 10**7) for n in range(40)]
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 105)]
    for r in records:
        seconds, rest = divmod(r.stamp_ns, 10**9)
        parts.append(struct.pack(order + "IIII", seconds, rest // 1000, len(r.data), len(r.data)))
        parts.append(b"\x07" * extra + r.data)
    rows, reader = read_all(tmp_path / "a", b"".join(parts))
    assert [row[3] for row in rows] == [r.data for r in records]
    assert not reader.dropped
