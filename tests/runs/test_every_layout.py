"""One simulated animal in every layout, each written by the format's own library: the main job, word for word.

Beside each lies the same animal in Sensorium layout, frame by frame as the session was sampled (``same_animal``): what
a slow scan or a missing eye loses is lost there too.
"""

import contextlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter
from tests.fixtures import draw_nothing
from tests.recordings.readers import layouts, nwb_layouts
from tests.recordings.readers.layouts import WrittenSession
from tests.runs.same_animal import (
    GAZE_X,
    GAZE_Y,
    PUPIL,
    RUNNING,
    Truth,
    averaged,
    latest,
    one_plane,
    spread,
    straight,
    two_planes,
)
from tests.worlds import BRIGHT_SCENES, open_recording

from reverie.cli.main import main
from reverie.foundation.arrays import DEGREES_PER_PIXEL
from reverie.recordings.reading import Reading
from reverie.recordings.tiers import TEST_TIERS
from reverie.simulation.folder import Simulation, simulate
from reverie.simulation.kinds import KINDS
from reverie.stimuli.naturalistic import naturalistic_movie

pytestmark = [pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion"), pytest.mark.slow]

WORTH = 0.1
"""Far below what is found (0.22 to 0.70)."""

EYE = dict.fromkeys((PUPIL, GAZE_X, GAZE_Y), (20.0, straight))
WHEEL = {RUNNING: (100.0, averaged)}


@dataclass(frozen=True)
class Animal:
    """What is simulated: pixels, frames a trial, trials to train on, neurons; whether movies stand still.

    slow: responses follow what was shown as calcium does, since a slow scan would miss them otherwise. finer: so many
    times as many pixels a degree, so that the receptive fields themselves are that much finer.
    """

    size: tuple[int, int] = (12, 16)
    frames: int = 40
    training: int = 7
    neurons: int = 150
    still: bool = False
    slow: bool = False
    finer: float = 1.0

    def watched(self, folder: Path) -> WrittenSession:
        """Let it watch its movies, at 30 frames a second."""
        generator = np.random.default_rng(3)

        def movie() -> np.ndarray:
            shown = naturalistic_movie(self.frames, generator, frame_size=self.size, settings=BRIGHT_SCENES)
            return np.repeat(shown[:1], self.frames, axis=0) if self.still else shown

        tiers = {"train": self.training, "oracle": 2, "live_test_main": 1}
        movies = {tier: [(f"{tier}{number}", movie()) for number in range(count)] for tier, count in tiers.items()}
        usual = KINDS["default"]
        kind = replace(usual, truth=replace(usual.truth, degrees_per_pixel=DEGREES_PER_PIXEL / self.finer))
        simulate(folder, Simulation(movies, mice={"mouse": self.neurons}, kind=kind, seed=4))
        recording = open_recording(folder)
        return layouts.session_of([self._smoothed(recording[name]) for name in recording.tiers])

    def _smoothed(self, trial):
        # States are slow enough to survive being brought from one clock to another.
        state = gaussian_filter1d(trial.state, 10, axis=1)
        if self.still:
            state = np.repeat(state[:, :1], trial.frames, axis=1)
        responses = lfilter([1.0], [1.0, -0.9], trial.responses) if self.slow else trial.responses
        return replace(trial, movie=trial.movie.round(), state=state, responses=responses)


IMAGES = Animal(frames=15, training=20, neurons=50, still=True)
SLOW = Animal(training=10, neurons=100, slow=True)


@dataclass(frozen=True)
class Layout:
    """How an animal is written, what is said of the recording on the command line, and what it truly holds.

    shown: what is changed of what it watched.
    """

    write: Callable[[Path, WrittenSession], Path]
    truth: Truth
    reading: Callable[[Path], Mapping[str, object]] = field(default=lambda folder: {})
    animal: Animal = Animal()
    shown: Callable[[WrittenSession], WrittenSession] = field(default=lambda session: session)


def at_60_hz(session: WrittenSession) -> WrittenSession:
    """The same on a screen that shows another picture between any two."""

    def doubled(trial):
        between = (trial.movie + np.roll(trial.movie, -1, axis=0)) / 2
        movie = np.stack([trial.movie, between.round()], axis=1).reshape(-1, *trial.movie.shape[1:])
        state, responses = (np.repeat(values, 2, axis=1) for values in (trial.state, trial.responses))
        return replace(trial, movie=movie, state=state, responses=responses)

    return layouts.session_of([doubled(trial) for trial in session.trials], rate=60.0)


def grey(movie: np.ndarray) -> np.ndarray:
    """The luma of what ``coloured`` makes of a movie (ITU-R BT.601)."""
    return layouts.coloured(movie.round()) @ np.array([0.299, 0.587, 0.114])


def table(**options) -> Callable[[Path], Mapping[str, object]]:
    return lambda folder: {"frames_table": folder / "shown.csv", **options}


def with_table(write: Callable, kind: str = "frames") -> Callable[[Path, WrittenSession], Path]:
    def written(folder: Path, session: WrittenSession) -> Path:
        layouts.write_table(folder, session, kind)
        return write(folder, session)

    return written


def wheel_beside(folder: Path, session: WrittenSession) -> None:
    rows = np.stack(session.state(RUNNING, 100.0), axis=1)
    np.savetxt(folder / "wheel.csv", rows, delimiter=",", header="time,speed", comments="")


def two_planes_of_suite2p(folder: Path, session: WrittenSession) -> Path:
    wheel_beside(folder, session)
    return layouts.write_suite2p(folder, session, rate=10.0, planes=2, kind="onsets")


def suggested(folder: Path) -> Mapping[str, object]:
    """Choose the first that `inspect` lists for each option."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run("inspect", folder / "mouse.nwb")
    first = dict(re.findall(r"--(\w+).*: one of\n  (/\S+)", printed.getvalue()))
    return {"movie": (first["movie"],), "responses": first["responses"], "running": first["running"]}


LAYOUTS = {
    "experanto, an eye of 20 Hz": Layout(
        lambda folder, session: layouts.write_experanto(folder / "mouse", session),
        Truth(one_plane(), latest, EYE | WHEEL),
    ),
    "experanto, 72 x 128 pixels, no eye": Layout(
        lambda folder, session: layouts.write_experanto(folder / "mouse", session, eye=False),
        Truth(one_plane(), latest, WHEEL),
        animal=Animal((72, 128), frames=16, training=4, neurons=60, finer=6.0),
    ),
    "experanto, images, no running": Layout(
        lambda folder, session: layouts.write_experanto(folder / "mouse", session, running=False, still=True),
        Truth(one_plane(), latest, EYE),
        lambda folder: {"frame_rate": 30.0},  # as the counterpart is sampled; images alone would have 64
        animal=IMAGES,
    ),
    "Sensorium 2022, images": Layout(
        lambda folder, session: layouts.write_images(folder / "mouse", session.trials),
        Truth(
            one_plane(),
            latest,
            dict.fromkeys(range(4), (30.0, latest)),
            whole=lambda responses: np.repeat(responses.mean(axis=1, keepdims=True), responses.shape[1], axis=1),
        ),
        lambda folder: {"frame_rate": 30.0},
        animal=IMAGES,
    ),
    "suite2p, a colour movie, no behaviour": Layout(
        lambda folder, session: layouts.write_suite2p(folder, session, colours=True),
        Truth(one_plane(), spread, {}, movie=grey),
        table(rate=30.0),
    ),
    "suite2p, two planes scanned at 10 Hz": Layout(
        two_planes_of_suite2p,
        Truth(two_planes(10.0), spread, WHEEL),
        lambda folder: {"frames_table": folder / "shown.csv", "rate": 10.0, "running": str(folder / "wheel.csv")},
        Animal(slow=True),
    ),
    "CaImAn, denoised traces at 15 Hz": Layout(
        with_table(lambda folder, session: layouts.write_caiman(folder / "mouse.hdf5", session, rate=15.0), "onsets"),
        Truth(one_plane(15.0), straight, {}, whole=lambda responses: responses + 1),
        table(responses="C"),
        SLOW,
    ),
    "sorted spikes": Layout(
        with_table(lambda folder, session: layouts.write_phy(folder / "mouse", session, good=False), "onsets"),
        Truth(one_plane(), spread, {}, whole=np.round, silent=False),
        table(),
    ),
    "NWB, Allen two-photon, dF/F": Layout(
        lambda folder, session: nwb_layouts.write_allen(folder / "mouse.nwb", session),
        Truth(one_plane(), straight, EYE | WHEEL, whole=lambda responses: responses - 0.3, tiered=False),
        lambda folder: {"responses": "dff"},
    ),
    "NWB, MICrONS, 60 Hz, two planes scanned at 6.3 Hz": Layout(
        lambda folder, session: nwb_layouts.write_microns(folder / "mouse.nwb", session),
        Truth(two_planes(6.3), straight, EYE | WHEEL, movie=lambda movie: movie[::2].round(), tiered=False),
        animal=SLOW,
        shown=at_60_hz,
    ),
    "NWB, Neuropixels, no eye": Layout(
        lambda folder, session: nwb_layouts.write_neuropixels(folder / "mouse.nwb", session, folder / "movie.npy"),
        Truth(one_plane(), spread, WHEEL, whole=np.round, tiered=False),
        lambda folder: {"movie": (f"natural_movie_one={folder / 'movie.npy'}",)},
    ),
    "NWB, suite2p, 48 x 48 pixels": Layout(
        with_table(lambda folder, session: nwb_layouts.write_suite2p_nwb(folder / "mouse.nwb", session)),
        Truth(one_plane(), spread, {}, whole=lambda responses: responses[1:]),
        table(),
        animal=Animal((48, 48), frames=30, finer=4.0),
    ),
    "NWB of no known layout, as `inspect` suggests": Layout(
        lambda folder, session: nwb_layouts.write_free(folder / "mouse.nwb", session),
        Truth(one_plane(), straight, WHEEL, tiered=False),
        suggested,
    ),
}


def run(*words) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    assert stopped.value.code == 0


def options_of(reading: Mapping[str, object]) -> list[object]:
    """Write fields of ``Reading`` as they are typed."""
    words = []
    for name, value in reading.items():
        words += [f"--{name.replace('_', '-')}", *(value if isinstance(value, tuple) else (value,))]
    return words


def score_in(result: Path) -> float:
    return float(pd.read_csv(result / "scores.csv")["video_correlation"].iloc[0])


def score_of(data: Path, out: Path, trial: str, *options) -> float:
    """Train an encoder, reconstruct a trial and return the score of the movie."""
    run("train", data, "--out", out / "encoder", "--architecture", "linear_nonlinear", "--steps", "40", *options)
    method = ("--method", "map", "--draws", "0", "--no-calibrated", "--no-find-cuts")
    run("reconstruct", data, out / "encoder", "--trials", trial, *method, "--out", out / "run")  # read as to train
    return score_in(out / "run")


@pytest.fixture(scope="module")
def session_of(tmp_path_factory):
    """What an animal saw and did; each is simulated once."""
    return cache(lambda animal: animal.watched(tmp_path_factory.mktemp("animal") / "simulated"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_main_job_finds_what_it_finds_of_the_same_animal_in_sensorium_layout(
    name, session_of, tmp_path, quick_masks, monkeypatch
):
    layout = LAYOUTS[name]
    session = layout.shown(session_of(layout.animal))
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    place = layout.write(own, session)
    reading = layout.reading(own)
    options = options_of(reading)
    recording = open_recording(place, Reading(**reading))
    # A split that the recording does not have is made by name or looks of the movies, and no part of what was recorded.
    tiers = recording.tiers
    (trial,) = [number for number, tier in tiers.items() if tier in TEST_TIERS]
    run("inspect", place, *options)
    score = score_of(place, own / "results", trial, *options)
    run("evaluate", own / "results/run")
    run("report", own / "results/run")
    assert score_in(own / "results/run") == pytest.approx(score)
    assert recording.name in (own / "results/run/report.html").read_text(encoding="utf-8")
    draw_nothing(monkeypatch)  # only the score of the other counts
    counterpart = layout.truth.write(other / "data", session, tiers)
    expected = score_of(counterpart, other / "results", trial)
    print(f"{name}: {score:.4f}, as Sensorium {expected:.4f}")
    assert score == pytest.approx(expected, abs=0.01)
    assert expected > WORTH
