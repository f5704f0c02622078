"""Numbers of traffic: what is planted comes back; cameras and confounders are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim.wifi_traffic import US, TrafficSpec, make_packets
from tests.benchmarks.wifi_links import CAMERA, draw_link
from wifiscan.classify import BASE_NAMES, LOGIT_LIMIT, base_vector, load_model, streaming_logit
from wifiscan.traffic import Traffic, active_stretch, keep_alives, measure, video_frames
from wifiscan.traffic_labels import name_behaviour

NOTHING = np.empty(0, np.int64)


def traffic(t_us, size, *, span_s: float, back: int = 0, own: float = 1.0) -> Traffic:
    return Traffic(
        t_us=np.asarray(t_us, np.int64),
        size_bytes=np.asarray(size, np.int64),
        span_us=round(span_s * US),
        bytes_back=back,
        own_share=own,
    )


def pictures(*, rate_hz: float, seconds: float, key_every: int = 50, begin_s: float = 0.0):
    """Return packets of pictures of 4 packets each, key frames of 20, at an exact clock."""
    t, size = [], []
    for n in range(int(rate_hz * seconds)):
        count = 20 if n % key_every == 0 else 4
        at = begin_s * US + n * US / rate_hz
        t += [at + 300 * k for k in range(count)]
        size += [1400] * (count - 1) + [700]
    return np.array(t, np.int64), np.array(size, np.int64)


@pytest.mark.parametrize("rate_hz", [5.0, 12.0, 15.0, 25.0, 30.0])
def test_the_picture_clock_comes_back(rate_hz):
    t, size = pictures(rate_hz=rate_hz, seconds=20)
    found = measure(traffic(t, size, span_s=20))
    assert found["frame_rate_hz"] == pytest.approx(rate_hz, abs=0.1)
    assert found["clock"] > 0.9
    assert found["pictures"] > 0.95


@pytest.mark.parametrize("key_every", [25, 50, 75])
def test_the_key_frame_period_comes_back(key_every):
    t, size = pictures(rate_hz=25, seconds=25, key_every=key_every)
    found = measure(traffic(t, size, span_s=25))
    assert found["keyframe_s"] == pytest.approx(key_every / 25, abs=0.11)
    assert found["keyframe"] > 0.5


def test_pictures_are_put_together_again():
    t, size = pictures(rate_hz=20, seconds=2, key_every=10)
    starts, sizes = video_frames(t, size)
    assert len(starts) == 40
    assert set(sizes.tolist()) == {3 * 1400 + 700.0, 19 * 1400 + 700.0}


def test_a_stream_that_began_a_moment_ago_is_not_diluted():
    t, size = pictures(rate_hz=25, seconds=5, begin_s=20)
    found = measure(traffic(t, size, span_s=25))
    assert found["active_s"] == pytest.approx(5, abs=0.6)
    assert found["heard_s"] == 25
    assert found["uplink_bps"] == pytest.approx(5 * found["mean_bps"], rel=0.15)
    assert found["duty"] == 1.0


def test_shares_and_rates():
    t = np.arange(1000) * 10_000
    found = measure(traffic(t, np.full(1000, 1250), span_s=10, back=250_000, own=0.25))
    assert found["uplink_bps"] == pytest.approx(1e6, rel=0.01)
    assert found["up_share"] == pytest.approx(1_250_000 / 1_500_000)
    assert (found["large_share"], found["small_share"], found["own_share"]) == (1.0, 0.0, 0.25)
    assert found["modal_share"] == 1.0


def test_nothing_gives_numbers_too():
    found = measure(traffic(NOTHING, NOTHING, span_s=10))
    assert found["uplink_bps"] == 0
    assert streaming_logit(found, load_model()) is None
    assert active_stretch(NOTHING, NOTHING, 0) == (0, 0)


def test_keep_alives_of_a_fixed_rhythm():
    t = np.arange(20) * 2_000_000
    assert keep_alives(traffic(t, np.full(20, 80), span_s=40)) == {"keep_alive_s": 2.0, "regularity": 1.0}
    missed = np.delete(t, [3, 4, 9])
    assert keep_alives(traffic(missed, np.full(17, 80), span_s=40))["regularity"] == 1.0
    chance = np.sort(np.random.default_rng(1).integers(0, 40 * US, 40))
    assert keep_alives(traffic(chance, np.full(40, 80), span_s=40))["regularity"] < 0.6
    assert keep_alives(traffic(t[:3], np.full(3, 80), span_s=40))["regularity"] == 0.0


def test_the_model_is_that_of_the_code():
    found = measure(traffic(*pictures(rate_hz=25, seconds=10), span_s=10))
    assert base_vector(found).shape == (len(BASE_NAMES),)
    logit = streaming_logit(found, load_model())
    assert logit is not None
    assert -LOGIT_LIMIT <= logit <= LOGIT_LIMIT


@pytest.mark.parametrize("loss", [0.0, 0.3, 0.6])
def test_cameras_are_found_whatever_the_sniffer_loses(loss):
    links = [draw_link(CAMERA, seed=9_000 + k, heard_s=30.0, loss=loss, onset=False) for k in range(40)]
    logits = [streaming_logit(k.features, load_model()) for k in links]
    assert sum(v is not None and v > 0 for v in logits) >= 38


@pytest.mark.parametrize(
    ("behaviour", "reverse"),
    [
        ("video-call", False),
        ("upload", False),
        ("download", True),
        ("browse", True),
        ("screen-cast", False),
        ("backup", False),
        ("relay", False),
        ("game", False),
        ("iot-heartbeat", False),
        ("quiet", False),
    ],
)
def test_others_are_left_alone(behaviour, reverse):
    links = [
        draw_link(behaviour, seed=9_000 + k, heard_s=30.0, reverse=reverse, onset=False) for k in range(40)
    ]
    logits = [streaming_logit(k.features, load_model()) for k in links]
    assert sum(v is not None and v > 0 for v in logits) <= 2


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("download", {"download"}),
        ("browse", {"browse", None}),
        ("game", {"game", "browse", None}),
        ("video-call", {"video-call"}),
        ("upload", {"upload", "backup"}),
        ("screen-cast", {"screen-cast"}),
    ],
)
def test_other_traffic_has_a_name(behaviour, words):
    links = [draw_link(behaviour, seed=100 + k, heard_s=30.0, loss=0.1, onset=False) for k in range(20)]
    named = [name_behaviour(k.features) for k in links]
    assert sum(n in words for n in named) >= 14


def test_what_is_passed_on_for_others_is_a_relay():
    t, size = pictures(rate_hz=25, seconds=20)
    assert name_behaviour(measure(traffic(t, size, span_s=20, own=0.1))) == "relay"


def test_generators_are_seeded_and_in_order():
    first, second = (
        make_packets(CAMERA, rng=np.random.default_rng(4), duration_s=5, spec=TrafficSpec()) for _ in range(2)
    )
    assert (first.t_us == second.t_us).all()
    assert (np.diff(first.t_us) >= 0).all()
    assert first.size_bytes[first.up].sum() * 8 / 5 == pytest.approx(1.5e6, rel=0.35)
