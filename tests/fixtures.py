"""What tests of several rooms share."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from tests.forking import OwnForks
from tests.sharing import made_once, own_copy
from tests.worlds import bright_movies

from reverie.encoders.checkpoints import save_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.session import Session, Sources, open_session
from reverie.foundation.files import read_npz
from reverie.inversion.mask import save_mask
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.trial import Trial
from reverie.simulation import true_encoder
from reverie.simulation.folder import Simulation, simulate
from reverie.simulation.true_encoder import calibration_movie
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.studies import figures

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Golden:
    """The reference numbers: arrays, values, and a tiny published-style checkpoint."""

    arrays: dict[str, np.ndarray]
    values: dict[str, Any]
    checkpoint: Path

    @property
    def movie(self) -> np.ndarray:
        """(time, height, width), as the program holds it."""
        return np.ascontiguousarray(np.moveaxis(self.arrays["video"], -1, 0))

    @property
    def state(self) -> np.ndarray:
        """(4, time)."""
        return np.concatenate([self.arrays["behavior"], self.arrays["pupil_center"]])


@pytest.fixture(scope="session")
def golden() -> Golden:
    return Golden(
        read_npz(GOLDEN / "golden.npz"), json.loads((GOLDEN / "golden.json").read_text()), GOLDEN / "checkpoint.pth"
    )


@dataclass(frozen=True)
class SmallWorld:
    """A folder of two animals who watched the same eight short movies, and an untrained encoder of both."""

    data: Path
    encoder: Path
    frames: int = 64


def make_small_world(folder: Path, frames: int = 64, frame_size: tuple[int, int] = (36, 64)) -> SmallWorld:
    """Write a small world: animals `alpha` (20 neurons) and `beta` (15); trials 0-5 train, 6 oracle, 7 unanswered."""
    world = SmallWorld(folder / "data", folder / "encoder", frames)
    generator = np.random.default_rng(7)
    tiers = ["train"] * 6 + ["oracle", "final_test_main"]
    movies = [naturalistic_movie(frames, generator, frame_size=frame_size) for _ in tiers]
    mice = {"alpha": 20, "beta": 15}
    for name, neurons in mice.items():
        trials = [
            Trial(
                name=str(number),
                tier=tier,
                movie=movie,
                state=generator.uniform(1, 50, (4, world.frames)).astype(np.float32),
                responses=None
                if tier.startswith("final")
                else generator.gamma(0.3, 6.0, (neurons, world.frames)).astype(np.float32),
            )
            for number, (tier, movie) in enumerate(zip(tiers, movies, strict=True))
        ]
        write_recording(world.data / name, trials, padded_frames=world.frames + 6)
    torch.manual_seed(3)
    encoder = LinearNonlinear(LinearNonlinearConfig(taps=4), mice, frame_size)
    with torch.no_grad():
        for readout in encoder.readouts:
            readout.space.normal_(0, 0.02)
    save_encoder(encoder, world.encoder)
    return world


@pytest.fixture(scope="session")
def unspoilt_world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """Made once; tests that change nothing in it may share it."""
    return make_small_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def unspoilt_tiny_world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """The same on a screen of 12 x 16 pixels for 48 frames, where a movie is found in a fraction of a second."""
    return make_small_world(tmp_path_factory.mktemp("tiny"), 48, (12, 16))


def copy_of(world: SmallWorld, folder: Path) -> SmallWorld:
    """Return a copy of a world, wherever it lies."""
    shutil.copytree(world.data, folder / "data")
    shutil.copytree(world.encoder, folder / "encoder")
    return SmallWorld(folder / "data", folder / "encoder", world.frames)


@pytest.fixture
def small_world(unspoilt_world: SmallWorld, tmp_path: Path) -> SmallWorld:
    """A copy that the test may break."""
    return copy_of(unspoilt_world, tmp_path)


@pytest.fixture
def tiny_world(unspoilt_tiny_world: SmallWorld, tmp_path: Path) -> SmallWorld:
    """A copy that the test may break."""
    return copy_of(unspoilt_tiny_world, tmp_path)


@pytest.fixture
def quick_masks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let masks cover the frame at once instead of being estimated; the animals whose mask was fitted."""
    return cover_the_frame(monkeypatch)


def cover_the_frame(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let masks cover the frame, as ``quick_masks`` does."""
    fitted: list[str] = []

    def everywhere(encoder: Encoder, mouse: str, *others: object, **options: object) -> np.ndarray:
        fitted.append(mouse)
        return np.full(encoder.frame_size, 1.2, np.float32)

    monkeypatch.setattr("reverie.fitted.fitting.estimate_mask", everywhere)
    return fitted


def draw_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let movies for watching be empty files: to draw them takes longer than to find a small movie."""

    def touch(folder: Path, found: Reconstruction) -> None:
        for name in ("movie.mp4", "movie.tif", "strip.png"):
            (folder / name).write_bytes(b"")

    monkeypatch.setattr("reverie.runs.writing.write_watchable", touch)


@pytest.fixture(scope="module")
def not_drawn() -> Iterator[None]:
    """For a whole module, movies for watching are empty files."""
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def disks_not_awaited() -> Iterator[None]:
    """No test cuts the power, and to wait until every small file is on the disk takes a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def processes_forked() -> Iterator[None]:
    """Processes of ``--jobs`` need not import everything anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reverie.jobs.engines.local._OwnProcesses", OwnForks)
        yield


@pytest.fixture(scope="session", autouse=True)
def calibration_movie_drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Scenes on which simulated animals are calibrated are drawn once a run: up to four seconds for each size."""

    @cache
    def shared(frame_size: tuple[int, int]) -> torch.Tensor:
        def make(folder: Path) -> None:
            np.save(folder / "footage.npy", calibration_movie(frame_size).numpy())

        name = "footage-{}x{}".format(*frame_size)
        return torch.from_numpy(np.load(made_once(tmp_path_factory, name, make) / "footage.npy"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(true_encoder, "calibration_movie", shared)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_figures() -> Iterator[None]:
    """Letters in the pdf files of studies are curves: fonts take longer than all else that is drawn."""

    def save_quickly(stem: Path, figure: Figure) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(figures.STYLE, "pdf.fonttype", 3)
            return figures.save_vectors(stem, figure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reverie.studies.page.save_vectors", save_quickly)
        yield


@pytest.fixture(autouse=True)
def ordinary_floats() -> Iterator[None]:
    """Undo the flushing of denormal numbers that the jobs switch on for the whole process."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute with one thread, as the processes of ``--jobs`` then do: bits are promised for as many threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def natural_movies(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Sixteen naturalistic movies of 300 frames of 36 x 64 pixels, (movie, time, height, width)."""

    def make(folder: Path) -> None:
        generator = np.random.default_rng(0)
        np.save(folder / "movies.npy", [naturalistic_movie(300, generator) for _ in range(16)])

    return np.load(made_once(tmp_path_factory, "natural-movies", make) / "movies.npy")


TRUE_SIZE, TRUE_FRAMES = (16, 24), 60


def see_everywhere(session: Session) -> None:
    """Keep a mask that covers the frame for every animal and encoder, so that none is fitted, which takes long."""
    for animal, recording in session.recordings.items():
        for folder in session.encoders:
            save_mask(session.fitted(animal, folder).place("mask"), np.full(recording.frame_size, 1.2, np.float32))


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """`mouse`, 250 neurons, 16 x 24 pixels; ten training and four validation movies of 60 frames."""
    folder = own_copy(tmp_path_factory, "mouse", make_mouse)
    session = open_session(Sources(folder / "data", (folder / "encoder",), device="cpu"))
    see_everywhere(session)
    return session


def make_mouse(folder: Path) -> None:
    """Write the animal of ``session`` and its encoder, the truth."""
    movies = bright_movies({"train": 10, "oracle": 4}, TRUE_FRAMES, TRUE_SIZE, seed=3)
    truth = simulate(folder / "data", Simulation(movies, mice={"mouse": 250}, seed=4))
    save_encoder(truth, folder / "data/truth", about={"simulated": True, "kind": "default"})
    save_encoder(truth, folder / "encoder")
