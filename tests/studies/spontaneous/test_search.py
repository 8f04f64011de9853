import numpy as np
import pytest

from reverie.foundation.errors import NotApplicable
from reverie.studies.spontaneous.search import (
    FalseAlarms,
    block_maxima,
    candidates,
    fit_false_alarms,
    search,
    surrogate_maxima,
)
from reverie.studies.spontaneous.templates import departures_of, log_ratio, significance, template_of

NEURONS, SAMPLES, TIME = 60, 20, 600


@pytest.fixture(scope="module")
def clips():
    """Rates of sixty neurons to four stretches."""
    return np.exp(np.random.default_rng(1).standard_normal((4, NEURONS, SAMPLES)).cumsum(axis=2) * 0.5)


def drawn(generator, clips, strength=0.0, shared=0.5, at=300, which=2):
    """Draw events with a gain that all neurons share, and one stretch hidden in them."""
    rates = np.full((NEURONS, TIME), 0.4)
    replayed = clips[which] / clips.mean(axis=(0, 2))[:, None] * 0.4
    rates[:, at : at + SAMPLES] += strength * (replayed - rates[:, at : at + SAMPLES])
    gain = np.exp(shared * np.convolve(generator.standard_normal(TIME + 9), np.ones(10) / np.sqrt(10), "valid"))
    return generator.poisson(np.maximum(rates, 0) * gain).astype(np.float32)


@pytest.fixture(scope="module")
def templates(clips):
    typical, resting = clips.mean(axis=(0, 2)), np.full(NEURONS, 0.4)
    return [
        template_of(clip, typical, resting, clip=f"clip {number}", first=0.0, speed=1.0, contrast=1.0)
        for number, clip in enumerate(clips)
    ]


def test_the_log_ratio_is_the_sum_over_events(clips, templates):
    counts = drawn(np.random.default_rng(0), clips)
    found = log_ratio(counts, templates[0])
    assert found.shape == (TIME - SAMPLES + 1,)
    assert found[37] == pytest.approx((counts[:, 37 : 37 + SAMPLES] * templates[0].ratio).sum(), rel=1e-3)
    assert log_ratio(counts[:, : SAMPLES - 1], templates[0]).shape == (0,)


def test_a_gain_that_all_share_moves_nothing(clips, templates):
    """Whatever the population does, finds in nothing have mean 0 and standard deviation 1."""
    generator = np.random.default_rng(2)
    for shared in (0.0, 0.8):
        trials = [drawn(generator, clips, shared=shared) for _ in range(20)]
        found = [significance(one, departures_of(one), each)[::SAMPLES] for one in trials for each in templates]
        z = np.concatenate(found)
        assert abs(z.mean()) < 0.1
        assert 0.85 < z.std() < 1.1


def test_a_hidden_stretch_is_found_where_it_is(clips, templates):
    generator = np.random.default_rng(4)
    trials = [drawn(generator, clips), drawn(generator, clips, strength=1.0)]
    table = candidates(trials, search(trials, templates), ["a", "b"], templates, FalseAlarms(1.0, 3.0, 0.5), 0.1)
    first = table.iloc[0]
    assert (first["trial"], first["clip"]) == ("b", "clip 2")
    assert first["seconds"] == pytest.approx(30.0, abs=0.2)
    assert first["log_likelihood_ratio"] > 10
    assert table["false_alarms_per_hour"].is_monotonic_increasing
    near = table[(table["trial"] == "b") & (abs(table["seconds"] - first["seconds"]) < 1.9)]
    assert len(near) == 1


def test_surrogates_tell_how_often_nothing_is_found(clips, templates):
    generator = np.random.default_rng(5)
    trials = [drawn(generator, clips) for _ in range(4)]
    maxima = surrogate_maxima(trials, templates, "shared kept", count=10, factors=1, seed=0)
    alarms = fit_false_alarms(maxima, 4 * TIME * 0.1 / 3600 * 10)
    assert alarms.per_hour(alarms.threshold(0.01)) == pytest.approx(0.01)
    fresh = [
        value
        for best in search([drawn(generator, clips) for _ in range(20)], templates)
        for value in block_maxima(best.z, 40)
    ]
    expected = alarms.per_hour(alarms.beyond) * 20 * TIME * 0.1 / 3600
    assert 0 < sum(value > alarms.beyond for value in fresh) < 1.5 * expected


def test_surrogates_that_are_all_alike_tell_of_no_rarer_ones():
    with np.errstate(all="raise"):
        alarms = fit_false_alarms(np.full(100, 2.0), hours=1.0)
        assert alarms.threshold(0.01) == alarms.beyond == 2.0


def test_too_few_surrogates_are_refused():
    with pytest.raises(NotApplicable, match="are too few to estimate rare false alarms"):
        fit_false_alarms(np.zeros(3), 1.0)
