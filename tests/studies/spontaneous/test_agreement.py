import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.samples import PictureComponents, Population
from reverie.studies.spontaneous.agreement import AgreementSettings, JointEnergy, agreement, p_values
from reverie.studies.spontaneous.library import SearchSettings

NEURONS, SIZE = 40, (6, 8)


@pytest.fixture(scope="module")
def decoder():
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((48, 5)))[0].T.astype(np.float32)
    features = ResponseFeatures(1.0, (-1, 1, 3), np.zeros(NEURONS, np.float32), np.ones(NEURONS, np.float32))
    weights = generator.standard_normal((3 * NEURONS, 5)).astype(np.float32)
    pictures = PictureComponents(np.zeros(SIZE, np.float32), basis)
    return RidgeDecoder(Population("mouse", NEURONS, SIZE), RidgeSettings(), features, pictures, weights, {})


def drawn(decoder, generator, picture, frames=240):
    """Draw activity with a course that all share, and a picture in the last third."""
    course = np.convolve(generator.standard_normal(frames + 14), np.ones(15) / 4, "valid")
    activity = generator.standard_normal((NEURONS, frames)) + generator.uniform(1.0, 1.5, (NEURONS, 1)) * course
    seen = decoder.weights.reshape(NEURONS, 3, 5).mean(axis=1) @ generator.standard_normal(5)
    activity[:, 2 * frames // 3 :] += picture * seen[:, None] / np.linalg.norm(seen) * np.sqrt(NEURONS)
    return activity.astype(np.float32)


def test_the_energy_is_that_of_pairs_of_neurons(decoder):
    activity = drawn(decoder, np.random.default_rng(1), 0.5, 30)
    region = np.zeros(SIZE, dtype=bool)
    region[1:4, 2:7] = True

    def said(rows):
        alone = np.zeros_like(activity)
        alone[rows] = activity[rows]
        return (decoder.features(alone) @ decoder.weights @ decoder.pictures.basis)[:, region.ravel()]

    single = sum(np.square(said([row])).sum(axis=1) for row in range(NEURONS))
    expected = (np.square(said(list(range(NEURONS)))).sum(axis=1) - single) / region.sum()
    np.testing.assert_allclose(
        JointEnergy(decoder, region).of(activity), expected, rtol=1e-3, atol=1e-3 * expected.std()
    )


def looked(decoder, picture, seed):
    generator = np.random.default_rng(seed)
    joint_energy = JointEnergy(decoder, np.ones(SIZE, dtype=bool))
    trials = [drawn(decoder, generator, picture) for _ in range(2)]
    return agreement(joint_energy, trials, 40, AgreementSettings(surrogates=40, factors=1))


def test_a_picture_departs_where_it_is(decoder):
    found = looked(decoder, 1.0, 2)
    assert found.departs.reshape(2, 6)[:, 4:].all()
    assert not found.departs.reshape(2, 6)[:, :4].any()
    assert (found.excess[found.departs] > 0).all()


def test_shared_fluctuations_depart_from_naive_surrogates_only(decoder):
    claimed = [looked(decoder, 0.0, seed).departs.any() for seed in range(10, 18)]
    assert sum(claimed) <= 2
    found = looked(decoder, 0.0, 3)
    assert (
        found.energy.mean()
        > found.surrogates["time shifted"].mean() + 2 * found.surrogates["time shifted"].mean(axis=1).std()
    )


def test_p_values_of_nothing_are_even():
    generator = np.random.default_rng(0)
    p = np.concatenate(
        [p_values(generator.gamma(2.0, 1.0, 30), generator.gamma(2.0, 1.0, (60, 30))) for _ in range(40)]
    )
    assert abs(p.mean() - 0.5) < 0.05
    assert 0.02 < (p < 0.05).mean() < 0.09


def test_a_search_that_cannot_be_is_refused():
    for speed in (0.0, 1e9, -1e-9, float("nan")):
        with pytest.raises(ReverieError, match=r"speeds of 0\.01 to 100"):
            SearchSettings(speeds=(1.0, speed))
    for endless in (AgreementSettings, SearchSettings):
        with pytest.raises(ReverieError, match="seconds"):
            endless(seconds=float("inf"))
