"""Small recordings on disk."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tests.recordings.file_server import Server, archive_bytes

from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.trial import Trial

NEURONS = 7

MakeTrial = Callable[..., Trial]


@pytest.fixture(scope="session")
def make_trial() -> MakeTrial:
    """Draw a trial; the same number draws the same one."""
    return draw_trial


@pytest.fixture(scope="session")
def written_animal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An animal written once; tests get a copy."""
    tiers = ("train", "train", "train", "train", "oracle", "live_test_main")
    trials = (draw_trial(number, tier, recorded=number < 5) for number, tier in enumerate(tiers))
    folder = tmp_path_factory.mktemp("written") / "animal"
    coordinates = np.arange(3.0 * NEURONS).reshape(NEURONS, 3)
    write_recording(folder, trials, unit_ids=np.arange(NEURONS) + 1, coordinates=coordinates, padded_frames=50)
    return folder


@pytest.fixture
def animal(tmp_path: Path, written_animal: Path) -> Path:
    """The folder of an animal with four training trials, one oracle trial and one test trial without responses."""
    folder = tmp_path / "data" / "dynamic12345-1-2-Video-0a1b"
    shutil.copytree(written_animal, folder)
    return folder


def draw_trial(number, tier="train", *, frames=40, recorded=True, movie=None) -> Trial:
    rng = np.random.default_rng(number)
    movie = natural_movie(number, frames) if movie is None else movie
    return Trial(
        name=str(number),
        tier=tier,
        movie=movie,
        state=rng.normal(50, 10, (4, len(movie))).astype(np.float32),
        responses=rng.gamma(0.3, 5, (NEURONS, len(movie))).astype(np.float32) if recorded else None,
    )


@pytest.fixture(scope="session")
def natural() -> Callable[..., np.ndarray]:
    """Draw a movie; the same seed draws the same one."""
    return natural_movie


def natural_movie(seed: int, frames: int = 40) -> np.ndarray:
    """Draw a movie as natural ones are: smooth in space, panning in time."""
    rng = np.random.default_rng(seed + 10_000)
    height, width = 36, 64
    coarse, fine = (gaussian_filter(rng.normal(size=(height, width + frames)), s, mode="wrap") for s in (6, 1.5))
    scene = coarse / coarse.std() + 0.6 * fine / fine.std()
    starts = (np.arange(frames) * rng.uniform(0, 1)).astype(int)
    movie = np.stack([scene[:, start : start + width] for start in starts])
    return np.clip(110 + 45 * movie, 0, 255).astype(np.float32)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of one archive."""
    started = Server(archive_bytes())
    thread = threading.Thread(target=started.serve_forever, args=(0.01,))
    thread.start()
    yield started
    started.shutdown()
    thread.join()
    started.server_close()
