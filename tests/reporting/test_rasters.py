import numpy as np

from reverie.reporting.content import TrialContent
from reverie.reporting.rasters import MOST_ROWS, average_rows, order_by_likeness, rasters

MASK = np.ones((2, 2), np.float32)


def waves(neurons: int, frames: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Neurons that are active one after the other, in random order; and the phase of each."""
    generator = np.random.default_rng(1)
    phase = generator.permutation(neurons) / neurons
    time = np.arange(frames) / frames
    return np.cos(2 * np.pi * (time[None] - phase[:, None])) + 1.0, phase


def trial(**arrays: np.ndarray) -> TrialContent:
    frames = next(iter(arrays.values())).shape[1]
    return TrialContent("a", "1", np.zeros((frames, 2, 2), np.float32), MASK, **arrays)


def test_neurons_active_one_after_the_other_are_put_in_that_order() -> None:
    responses, phase = waves(60)
    steps = np.diff(phase[order_by_likeness(responses)])
    around = np.abs(np.angle(np.exp(2j * np.pi * steps))) / (2 * np.pi)
    assert around.max() < 1.5 / 60


def test_the_order_is_a_permutation_even_of_silent_neurons() -> None:
    responses, _ = waves(10)
    responses[3:6] = 0
    assert sorted(order_by_likeness(responses).tolist()) == list(range(10))


def test_rows_share_order_and_scale() -> None:
    responses, _ = waves(50)
    found = rasters(trial(responses=responses, rates=responses * 0.5))
    assert found is not None
    assert np.allclose(found.rows["rates"], found.rows["responses"] * 0.5)
    deviation = responses.std(axis=1, keepdims=True)
    assert np.isclose(
        found.top, np.percentile(np.concatenate([responses, responses / 2]) / np.tile(deviation, (2, 1)), 99.5)
    )


def test_many_neurons_share_rows_and_keep_their_mean() -> None:
    values = np.random.default_rng(0).normal(size=(1001, 7))
    rows = average_rows(values, MOST_ROWS)
    assert rows.shape == (MOST_ROWS, 7)
    assert np.allclose(rows.mean(axis=0), values.mean(axis=0), atol=0.02)
    assert np.allclose(rows[0], values[:6].mean(axis=0))


def test_predictions_alone_make_a_raster_and_nothing_makes_none() -> None:
    responses, _ = waves(5)
    assert list(rasters(trial(rates=responses)).rows) == ["rates"]  # type: ignore[union-attr]
    assert rasters(TrialContent("a", "1", np.zeros((3, 2, 2), np.float32), MASK)) is None


def test_silence_is_blank() -> None:
    found = rasters(trial(responses=np.zeros((4, 10))))
    assert found is not None
    assert found.top == 1.0
    assert not found.rows["responses"].any()
