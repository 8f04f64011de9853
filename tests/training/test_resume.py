"""A training that is killed goes on where it was and ends in the same bits; a full disk spoils nothing."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.forking import forks
from tests.training.toys import HEIGHT, WIDTH, toy_recording, toy_split

from reverie.encoders.checkpoints import load_encoder
from reverie.encoders.compact import Compact, CompactConfig
from reverie.foundation.errors import ReverieError
from reverie.training import loop
from reverie.training.settings import TrainingSettings
from reverie.training.state import RunState, save_state
from reverie.training.train import train

RECORDINGS = {"a": toy_recording("a", trials=5, frames=60)}
SPLITS = {name: toy_split(recording) for name, recording in RECORDINGS.items()}
SETTINGS = TrainingSettings(steps=30, validate_every=5, window=30, cutmix_probability=0.5)


def fresh() -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filters=4, features=4, filter_size=5), {"a": 12}, (HEIGHT, WIDTH))


def killed_at_validation(validations: int, folder: Path) -> list[int]:
    """Train in another process that is killed at one of its validations; the steps of these."""
    from tests.training.interrupted import train_until_killed  # it imports this module

    received, told = Pipe(duplex=False)
    process = forks().Process(target=train_until_killed, args=(folder, validations, told))
    process.start()
    told.close()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return [received.recv() for _ in range(validations)]


def train_here(folder: Path) -> list[int]:
    """Train in this process, or go on; the steps after which it was validated."""
    steps: list[int] = []

    def save(run: RunState, *arguments: Any) -> None:
        steps.append(run.step)
        save_state(run, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save_state", save)
        train(fresh(), RECORDINGS, SPLITS, SETTINGS, folder, device=torch.device("cpu"))
    return steps


@pytest.mark.slow
def test_killed_again_and_again_it_ends_in_the_same_bits(tmp_path: Path, one_thread: None) -> None:
    assert killed_at_validation(2, tmp_path / "killed") == [5, 10]
    assert killed_at_validation(2, tmp_path / "killed") == [10, 15]
    assert train_here(tmp_path / "killed") == [15, 20, 25, 30]
    train_here(tmp_path / "whole")
    for name in ("weights.safetensors", "last/weights.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


class StopHereError(Exception):
    """What the tests interrupt a training with."""


def interrupt(folder: Path) -> None:
    def save_once(*arguments: Any) -> None:
        save_state(*arguments)
        raise StopHereError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save_state", save_once)
        with pytest.raises(StopHereError):
            train(fresh(), RECORDINGS, SPLITS, SETTINGS, folder, device=torch.device("cpu"))


def test_an_interrupted_run_with_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    interrupt(tmp_path)
    changed = replace(SETTINGS, learning_rate=1e-4)
    with pytest.raises(ReverieError, match="another learning_rate"):
        train(fresh(), RECORDINGS, SPLITS, changed, tmp_path, device=torch.device("cpu"))


def test_a_damaged_state_is_one_sentence(tmp_path: Path) -> None:
    interrupt(tmp_path)
    state = tmp_path / "resume" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:200])
    with pytest.raises(ReverieError, match="delete it to train again"):
        train(fresh(), RECORDINGS, SPLITS, SETTINGS, tmp_path, device=torch.device("cpu"))


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_what_was_there_whole(tmp_path: Path) -> None:
    interrupt(tmp_path)
    state = tmp_path / "resume" / "state.safetensors"
    before = state.read_bytes()
    with no_file_larger_than(2000), pytest.raises(ReverieError, match="could not be written"):
        train(fresh(), RECORDINGS, SPLITS, SETTINGS, tmp_path, device=torch.device("cpu"))
    assert state.read_bytes() == before
    load_encoder(tmp_path)
    assert not list(tmp_path.rglob(".*"))
    result = train(fresh(), RECORDINGS, SPLITS, SETTINGS, tmp_path, device=torch.device("cpu"))
    assert list(result.history["step"])[-1] == SETTINGS.steps
