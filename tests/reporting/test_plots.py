import numpy as np
import pytest

from reverie.inversion.solution import Progress
from reverie.reporting.content import TrialContent
from reverie.reporting.plots import (
    MOST_POINTS,
    MOST_ROWS,
    average_rows,
    line_path,
    loss_plot,
    loss_sentence,
    order_by_similarity,
    rasters,
    round_ticks,
    state_curves,
    time_ticks,
)


@pytest.mark.parametrize(("low", "high"), [(0.0, 9.97), (-3.2e-4, 5e-4), (1e6, 1.3e6), (2.11, 2.12)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = round_ticks(low, high, 5)
    assert 2 <= len(ticks) <= 6
    assert low - 1e-9 * abs(low) <= ticks[0]
    assert ticks[-1] <= high * (1 + 1e-9)
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0])


def test_a_flat_range_has_one_tick() -> None:
    assert round_ticks(2.0, 2.0, 4) == [2.0]


def test_gaps_break_a_line_and_long_lines_are_thinned() -> None:
    assert line_path(np.array([0.0, 0.5, 1.0]), np.array([0.0, np.nan, 1.0])) == "M0 100M1000 0"
    many = np.linspace(0, 1, 5000)
    path = line_path(many, many)
    assert path.count("L") == MOST_POINTS - 1
    assert path.startswith("M0 100")
    assert path.endswith("L1000 0")


def test_time_is_told_in_seconds() -> None:
    trial = TrialContent("a", "1", np.zeros((300, 2, 2), np.float32), np.ones((2, 2), np.float32))
    ticks = time_ticks(trial)
    assert [tick.text for tick in ticks] == [str(second) for second in range(11)]
    assert ticks[3].at == pytest.approx(0.3)


def test_a_state_gives_four_curves_and_a_still_one_runs_through_the_middle() -> None:
    state = np.stack([np.full(5, 3.0), np.arange(5.0), np.arange(5.0), np.arange(5.0)])
    movie, mask = np.zeros((5, 2, 2), np.float32), np.ones((2, 2), np.float32)
    trial = TrialContent("a", "1", movie, mask, state=state)
    curves = state_curves(trial)
    assert [curve.name for curve in curves] == ["pupil dilation", "running speed", "pupil x", "pupil y"]
    assert curves[0].path.count(" 50") == 5
    assert (curves[1].start, curves[1].end) == ("0", "4")


def test_losses_share_axes_and_what_is_not_finite_is_left_out() -> None:
    falling = [Progress(step, step * 0.5, step * 70, 4.0 - step) for step in range(4)]
    broken = [Progress(0, 0.0, 0, float("nan"))]
    plot = loss_plot({"one": falling, "two": broken, "three": []})
    assert plot is not None
    assert [curve.name for curve in plot.curves] == ["one"]
    assert plot.curves[0].path.startswith("M0 0L")
    assert plot.curves[0].path.endswith("L1000 100")
    assert loss_plot({"two": broken}) is None
    assert loss_sentence({"one": falling, "again": falling}) == "2 models, last step 3, 420 encoder passes, 3 s in all"


def test_the_next_search_is_told_from_one_that_diverges() -> None:
    losses = [5.0, 3.0, 1.0, 4.0, 0.5]
    trace = [Progress(step, 0.5 * step, 70 * step, loss) for step, loss in enumerate(losses)]
    assert loss_sentence({"one": trace}).endswith("in all; where the loss jumps up, the next search begins")
    slight = [Progress(step, 0.5 * step, 70 * step, loss) for step, loss in enumerate([5.0, 3.0, 3.2, 1.0])]
    assert loss_sentence({"one": slight}).endswith("in all")


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
    steps = np.diff(phase[order_by_similarity(responses)])
    around = np.abs(np.angle(np.exp(2j * np.pi * steps))) / (2 * np.pi)
    assert around.max() < 1.5 / 60


def test_the_order_is_a_permutation_even_of_silent_neurons() -> None:
    responses, _ = waves(10)
    responses[3:6] = 0
    assert sorted(order_by_similarity(responses).tolist()) == list(range(10))


def test_rows_share_order_and_scale() -> None:
    responses, _ = waves(50)
    found = rasters(trial(responses=responses, rates=responses * 0.5))
    assert found is not None
    assert np.allclose(found.rows["rates"], found.rows["responses"] * 0.5)
    deviation = responses.std(axis=1, keepdims=True)
    assert np.isclose(
        found.top, np.percentile(np.concatenate([responses, responses / 2]) / np.tile(deviation, (2, 1)), 99.5)
    )


def test_neurons_all_but_silent_do_not_outshine_the_others() -> None:
    responses, _ = waves(50)
    median = rasters(trial(responses=responses, rates=responses))
    responses = np.concatenate([responses, 1e-9 * responses[:3], 0 * responses[:3]])
    rates = np.concatenate([responses[:50], responses[:6]])
    found = rasters(trial(responses=responses, rates=rates))
    assert found is not None
    assert median is not None
    assert found.top < 1.5 * median.top


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
