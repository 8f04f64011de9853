import numpy as np
import pytest

from reverie.studies.spontaneous.surrogates import KINDS, amplitude_adjusted, shared_part, surrogate


@pytest.fixture(scope="module")
def activity():
    """Eighty neurons that follow one course, each with events of its own."""
    generator = np.random.default_rng(3)
    course = np.convolve(generator.standard_normal(1300), np.ones(20) / 4, "valid")[:1200]
    rates = 0.3 * np.exp(0.5 * course - 0.2)[None] * generator.uniform(0.5, 1.5, (80, 1))
    return generator.poisson(rates).astype(np.float32), rates


def test_shared_fluctuations_are_found(activity):
    counts, rates = activity
    found = shared_part(counts, 1)
    population = [each.sum(axis=0) for each in (found, rates)]
    assert np.corrcoef(*population)[0, 1] > 0.9
    assert np.std(found) < 0.6 * np.std(counts)


@pytest.mark.parametrize("kind", KINDS)
def test_only_one_kind_keeps_what_is_shared(activity, kind):
    counts, _ = activity
    drawn = surrogate(counts, shared_part(counts, 1), kind, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.mean(axis=1), counts.mean(axis=1), rtol=0.02, atol=0.01)
    together = np.corrcoef(drawn.sum(axis=0), counts.sum(axis=0))[0, 1]
    alone = np.mean([np.corrcoef(one, other)[0, 1] for one, other in zip(drawn, counts, strict=True)])
    assert (together > 0.8) == (kind != "time shifted")
    assert alone < 0.5


def test_no_factor_leaves_the_means(activity):
    counts, _ = activity
    np.testing.assert_allclose(shared_part(counts, 0), np.broadcast_to(counts.mean(axis=1)[:, None], counts.shape))


def test_adjusted_surrogates_have_the_recorded_values(activity):
    counts, _ = activity
    drawn = np.random.default_rng(1).standard_normal(counts.shape)
    adjusted = amplitude_adjusted(drawn, counts)
    np.testing.assert_array_equal(np.sort(adjusted, axis=1), np.sort(counts, axis=1))
    assert np.mean([np.corrcoef(one, other)[0, 1] for one, other in zip(adjusted, drawn, strict=True)]) > 0.5
