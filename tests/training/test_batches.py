"""Windows: drawn from seed and step alone, cut in register, scored where the encoder has its context."""

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import ReverieError
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.training.batches import Batch, WindowSampler, box_of_area, cutmix, load_trials


def counting_trial(frames: int, name: str = "0") -> Trial:
    """Frame t has grey level t, state t and responses t."""
    count = np.arange(frames, dtype=np.float32)
    movie = np.broadcast_to(count[:, None, None], (frames, HEIGHT, WIDTH))
    return Trial(name, "train", movie, np.tile(count, (4, 1)), np.tile(count, (3, 1)))


def windows(frames: int = 50, *, window: int = 10, history: int = 4, seed: int = 0, batch: int = 64) -> WindowSampler:
    trials = {"a": [counting_trial(frames)], "b": [counting_trial(frames)]}
    return WindowSampler(trials, batch=batch, window=window, history=history, seed=seed)


def test_a_step_draws_the_same_windows_whatever_came_before() -> None:
    first, second = windows(), windows()
    first.draw(0)
    assert torch.equal(first.draw(5).movie, second.draw(5).movie)
    assert not torch.equal(first.draw(5).movie, first.draw(7).movie)
    assert not torch.equal(first.draw(5).movie, windows(seed=1).draw(5).movie)


def test_animals_take_turns() -> None:
    assert [windows().draw(step).mouse for step in range(4)] == ["a", "b", "a", "b"]


def test_movie_state_and_responses_stay_in_register() -> None:
    batch = windows().draw(0)
    assert torch.equal(batch.movie[:, :, 0, 0], batch.responses[:, 1])
    assert torch.equal(batch.state[:, 2], batch.responses[:, 0])


def test_each_animal_has_its_own_target() -> None:
    trials = {"a": [counting_trial(50)], "b": [counting_trial(50)]}
    drawn = WindowSampler(trials, batch=8, window=10, history=4, seed=0, targets={"a": lambda responses: 2 * responses})
    plain = windows(batch=8)
    assert torch.equal(drawn.draw(0).responses, 2 * plain.draw(0).responses)
    assert torch.equal(drawn.draw(1).responses, plain.draw(1).responses)


def test_context_is_not_scored_but_the_start_of_a_clip_is() -> None:
    batch = windows().draw(0)
    starts = batch.responses[:, 0, 0]
    assert (starts == 0).any()
    assert (starts > 0).any()
    for start, weight in zip(starts, batch.weight, strict=True):
        assert weight[:4].tolist() == [float(start == 0)] * 4
        assert weight[4:].tolist() == [1.0] * 10


def test_all_frames_are_scored_about_equally_often() -> None:
    scored = np.zeros(50)
    for step in range(0, 400, 2):
        batch = windows().draw(step)
        frames = batch.responses[:, 0].long().numpy()
        np.add.at(scored, frames[batch.weight.numpy() > 0], 1)
    inner = scored[14:40]
    assert inner.min() > 0.9 * inner.max()
    assert 0.45 < scored[:14].min() / inner.mean() < scored[:14].max() / inner.mean() < 1.5


def test_trials_shorter_than_a_window_are_filled_up_without_weight() -> None:
    batch = windows(frames=6).draw(0)
    assert batch.movie.shape[1] == 14
    assert (batch.movie[:, 6:] == GREY).all()
    assert batch.weight.sum(1).tolist() == [6.0] * 64


def encoder_of(neurons: int, frame_size: tuple[int, int] = (HEIGHT, WIDTH)) -> LinearNonlinear:
    return LinearNonlinear(LinearNonlinearConfig(), {"toy": neurons}, frame_size)


def test_other_frame_sizes_and_neurons_than_the_encoders_are_refused() -> None:
    recording = toy_recording(trials=1, frames=40)
    with pytest.raises(ReverieError, match=r"frames of \(12, 16\) pixels"):
        load_trials(recording, ("0",), encoder_of(12, (36, 64)))
    with pytest.raises(ReverieError, match="reads out 9"):
        load_trials(recording, ("0",), encoder_of(9))


def test_trials_without_responses_are_named() -> None:
    trial = toy_recording(trials=1, frames=40).trial("0")
    silent = Recording.from_trials("toy", [Trial("0", "train", trial.movie, trial.state, None)])
    with pytest.raises(ReverieError, match="has no responses"):
        load_trials(silent, ("0",), encoder_of(12))


@pytest.mark.parametrize("limit", [0, 20_000, 2**30])
def test_trials_not_kept_in_memory_are_read_window_by_window(limit) -> None:
    recording = toy_recording(trials=4, frames=40)
    loaded = load_trials(recording, ("0", "1", "2"), encoder_of(12), limit=limit)
    expected = [recording.trial(name) for name in ("0", "1", "2")]
    drawn, whole = (WindowSampler({"toy": each}, batch=16, window=10, history=4, seed=0) for each in (loaded, expected))
    for step in range(3):
        for name in ("movie", "state", "responses", "weight"):
            assert torch.equal(getattr(drawn.draw(step), name), getattr(whole.draw(step), name))
    assert loaded.kept <= limit + sum(array.nbytes for array in (expected[0].movie, expected[0].state)) + 40 * 12 * 4
    assert loaded[1].start == recording.trial("1", 0, 3).start
    assert recording.trial("1", 15, 20).start == pytest.approx(expected[1].start + 0.5)


def flat_batch() -> Batch:
    """Window i is a movie of grey level i with responses and state i."""
    levels = torch.arange(4.0)
    return Batch(
        mouse="a",
        movie=levels[:, None, None, None].expand(4, 5, 12, 16).clone(),
        state=levels[:, None, None].expand(4, 4, 5).clone(),
        responses=levels[:, None, None].expand(4, 3, 5).clone(),
        weight=torch.ones(4, 5),
    )


@pytest.mark.parametrize("seed", range(20))
def test_targets_mix_by_area(seed: int) -> None:
    batch = flat_batch()
    mixed = cutmix(batch, np.random.default_rng(seed), probability=1.0, alpha=1.0)
    share = mixed.movie.mean(dim=(2, 3))
    assert torch.allclose(mixed.responses, share[:, None].expand(4, 3, 5), atol=1e-5)
    assert torch.allclose(mixed.state, share[:, None].expand(4, 4, 5), atol=1e-5)


def test_some_boxes_really_mix() -> None:
    mixed = [cutmix(flat_batch(), np.random.default_rng(s), probability=1.0, alpha=1.0).responses for s in range(20)]
    assert sum(not torch.equal(each, flat_batch().responses) for each in mixed) > 10


def test_probability_zero_and_single_windows_change_nothing() -> None:
    batch = flat_batch()
    assert cutmix(batch, np.random.default_rng(0), probability=0.0, alpha=1.0) is batch


def test_frames_count_only_where_both_windows_count() -> None:
    batch = flat_batch()
    batch.weight[0, :3] = 0
    mixed = cutmix(batch, np.random.default_rng(1), probability=1.0, alpha=1.0)
    assert (mixed.weight[:, :3] == 0).sum() >= 3
    assert bool((mixed.weight <= batch.weight).all())


@pytest.mark.parametrize("area", [0.0, 0.3, 1.0])
def test_a_box_stays_inside_the_frame_and_below_its_area(area: float) -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        rows, columns = box_of_area(area, 12, 16, generator)
        assert 0 <= rows.start <= rows.stop <= 12
        assert 0 <= columns.start <= columns.stop <= 16
        assert (rows.stop - rows.start) * (columns.stop - columns.start) <= area * 12 * 16 + 16
