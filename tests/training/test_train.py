"""Training as a whole: it finds a known truth, the same seed gives the same bits, bad input is named."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, toy_split

from reverie.encoders.checkpoints import load_encoder, read_description
from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.contract import Encoder
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.foundation.errors import ReverieError
from reverie.recordings.recording import Recording
from reverie.training.settings import TrainingSettings
from reverie.training.train import TrainingResult, train
from reverie.training.validation import validation_correlation

RECORDINGS = {"a": toy_recording("a", seed=0), "b": toy_recording("b", seed=1)}
SETTINGS = TrainingSettings(steps=200, validate_every=100, learning_rate=0.03, window=40)
SHORT = replace(SETTINGS, steps=4, validate_every=2, batch=2)


def fresh(kind: str = "linear_nonlinear", recordings: Mapping[str, Recording] = RECORDINGS) -> Encoder:
    torch.manual_seed(0)
    mice = {name: recording.neurons for name, recording in recordings.items()}
    if kind == "compact":
        return Compact(CompactConfig(filters=8, features=8, filter_size=7), mice, (HEIGHT, WIDTH))
    if kind == "dwiseneuro":
        tiny = DwiseNeuroConfig((6, 6), (2, 2), squeeze_ratio=6, cortex_features=(8,), canvas=(16, 16))
        return DwiseNeuro(tiny, mice, (HEIGHT, WIDTH))
    return LinearNonlinear(LinearNonlinearConfig(pooling=1), mice, (HEIGHT, WIDTH))


def run(
    encoder: Encoder,
    folder: Path,
    settings: TrainingSettings = SHORT,
    recordings: Mapping[str, Recording] = RECORDINGS,
    teacher: Encoder | None = None,
) -> TrainingResult:
    splits = {name: toy_split(recording) for name, recording in recordings.items()}
    return train(encoder, recordings, splits, settings, folder, device=torch.device("cpu"), teacher=teacher)


def same_weights(one: Encoder, other: Encoder) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(("kind", "reached"), [("linear_nonlinear", 0.83), ("compact", 0.8)])
def test_a_known_truth_is_found(kind: str, reached: float, tmp_path: Path) -> None:
    result = run(fresh(kind), tmp_path, SETTINGS)
    assert set(result.correlation) == {"a", "b"}
    assert min(result.correlation.values()) > reached


@pytest.mark.parametrize("kind", ["linear_nonlinear", "compact", "dwiseneuro"])
def test_every_architecture_trains_and_the_same_seed_gives_the_same_weights(kind: str, tmp_path: Path) -> None:
    first, again, other = fresh(kind), fresh(kind), fresh(kind)
    settings = replace(SHORT, cutmix_probability=0.5)
    run(first, tmp_path / "first", settings)
    run(again, tmp_path / "again", settings)
    run(other, tmp_path / "other", replace(settings, seed=1))
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_the_folder_holds_the_best_the_last_and_the_log(tmp_path: Path) -> None:
    encoder = fresh()
    result = run(encoder, tmp_path)
    best = load_encoder(tmp_path)
    assert same_weights(best, encoder)
    trials = [RECORDINGS["a"].trial(name) for name in toy_split(RECORDINGS["a"]).validation]
    assert validation_correlation(best, "a", trials) == pytest.approx(result.correlation["a"], abs=1e-6)
    about = read_description(tmp_path)["about"]
    assert about["training_trials"]["a"] == list(toy_split(RECORDINGS["a"]).training)
    assert about["validation_correlation"] == result.correlation
    assert read_description(tmp_path / "last")["about"]["step"] == SHORT.steps
    assert list(result.history["step"]) == [2, 4]
    assert (tmp_path / "training.csv").read_text().startswith("step,seconds,learning_rate,loss,a,b\n2,")
    assert not (tmp_path / "resume").exists()


def test_a_teacher_takes_part(tmp_path: Path) -> None:
    taught, alone = fresh(), fresh()
    settings = replace(SHORT, distillation=0.5)
    run(alone, tmp_path / "alone", settings)
    run(taught, tmp_path / "taught", settings, teacher=fresh("compact"))
    assert not same_weights(taught, alone)


def test_without_validation_trials_the_last_weights_are_kept(tmp_path: Path) -> None:
    splits = {name: replace(toy_split(recording), validation=()) for name, recording in RECORDINGS.items()}
    result = train(fresh(), RECORDINGS, splits, SHORT, tmp_path, device=torch.device("cpu"))
    assert result.correlation == {}
    assert same_weights(load_encoder(tmp_path), load_encoder(tmp_path / "last"))


def test_a_loss_that_runs_away_is_one_sentence_and_leaves_the_best_whole(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="no longer"):
        run(fresh(), tmp_path, replace(SHORT, steps=60, learning_rate=1e30))
    # Whatever had been validated before is there whole.
    if (tmp_path / "encoder.json").exists():
        load_encoder(tmp_path)


def test_recordings_of_other_animals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="recordings are of c"):
        run(fresh(), tmp_path, recordings={"c": RECORDINGS["a"]})


def test_recordings_with_other_neurons_are_refused(tmp_path: Path) -> None:
    others = {"a": toy_recording("a", neurons=5, trials=4, frames=60), "b": RECORDINGS["b"]}
    with pytest.raises(ReverieError, match="5 neurons"):
        run(fresh(), tmp_path, recordings=others)


def test_trials_shorter_than_a_bound_window_are_refused(tmp_path: Path) -> None:
    brief = {name: toy_recording(name, trials=4, frames=20) for name in "ab"}
    with pytest.raises(ReverieError, match="32 frames"):
        run(fresh("dwiseneuro"), tmp_path, recordings=brief)


def test_trials_shorter_than_a_window_still_train(tmp_path: Path) -> None:
    brief = {name: toy_recording(name, trials=4, frames=20) for name in "ab"}
    result = run(fresh(), tmp_path, recordings=brief)
    assert np.isfinite(result.history["loss"]).all()
