"""What is broken at random: tiny recordings in several layouts, an encoder with what was fitted, a run, videos."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unittest import mock

import av
import numpy as np
from PIL import Image

from benchmarks.commands import run_command
from reverie.encoders.checkpoints import save_encoder
from reverie.fitted.session import Sources, open_session
from reverie.inversion.mask import save_mask
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.simulation.folder import Simulation, simulate
from reverie.stimuli.naturalistic import naturalistic_movie

SIZE: Final = (12, 16)
FRAMES: Final = 48
CHECKPOINT: Final = Path(__file__).parent.parent / "tests/golden/checkpoint.pth"

TRAIN: Final = "train DATA --out new --architecture linear_nonlinear --steps 2"
PREDICT: Final = "predict DATA encoder --animal mouse1 --trials 8 --out new.npz"
PAPER: Final = "reconstruct DATA encoder --animal mouse1 --trials 8 --method paper --steps 2 --mask mask.npz --out new"
MAP: Final = (
    "reconstruct DATA encoder --animal mouse1 --trials 8 --method map --steps 2 --draws 1 --no-calibrated --out new"
)
USUAL: Final = "reconstruct DATA encoder --animal mouse1 --trials 8 --map-share 0.5 --no-calibrated --out new"
RESUME: Final = "train sensorium --animals mouse1 --out training --architecture compact --preset tiny --steps 8"
AGAIN: Final = USUAL.replace("DATA", "sensorium").replace("new", "run")


@dataclass(frozen=True)
class Target:
    """Something that is broken, and the commands that then read it.

    needs: what of the world lies beside it. own: whether it is of our own making, so that a damage must be noticed.
    """

    name: str
    commands: tuple[str, ...]
    needs: tuple[str, ...] = ()
    own: bool = False


def _recording(name: str, *more: str, options: str = "", needs: tuple[str, ...] = ()) -> Target:
    commands = tuple(
        f"{each} {options}".replace("DATA", name) for each in ("inspect DATA", "inspect DATA --whole", TRAIN, *more)
    )
    return Target(name, commands, (*(("encoder", "mask.npz") if more else ()), *needs))


TARGETS: Final = (
    _recording("sensorium", PREDICT, PAPER, MAP, "fit DATA encoder --animals mouse1 --parts prior likelihood"),
    _recording("sensorium", USUAL),
    _recording("experanto"),
    _recording("suite2p", options="--rate 30 --frames-table DATA/shown.csv"),
    _recording("phy", options="--frames-table DATA/shown.csv"),
    _recording("session.nwb"),
    _recording("caiman.hdf5", options="--rate 30 --frames-table shown/shown.csv", needs=("shown",)),
    Target("encoder", tuple(each.replace("DATA", "sensorium") for each in (PREDICT, PAPER, USUAL, USUAL, MAP)),
           ("sensorium", "mask.npz"), own=True),
    Target("run", ("evaluate run", "report run", "report run", AGAIN, AGAIN), ("sensorium", "encoder"), own=True),
    Target("training", (RESUME,), ("sensorium",), own=True),
    Target("mask.npz", (PAPER.replace("DATA", "sensorium"),), ("sensorium", "encoder")),
    Target("videos", ("simulate --videos videos --out new --animals 1 --neurons 5 --train 2 --oracle 1 --test 1 "
                      "--frames 20",)),
    Target("checkpoint.pth", ("import-weights checkpoint.pth --out new --animals mouse1 mouse2",)),
)  # fmt: skip


def make_world(folder: Path, *, quick: bool = False) -> None:
    """Write the whole of it into a folder, and make what is ours by the commands themselves.

    quick: nothing that takes more than a moment, so neither a run nor a training, nor layouts of other libraries.
    """
    folder.mkdir(parents=True)
    _animals(folder)
    _videos(folder / "videos")
    shutil.copy(CHECKPOINT, folder / "checkpoint.pth")
    if quick:
        return
    _layouts(folder)
    for command in (AGAIN, "report run"):
        ended = run_command(command.split(), folder, 300)
        assert ended.code == 0, ended.stderr
    _begin_training(folder)


def _animals(folder: Path) -> None:
    generator = np.random.default_rng(3)
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator, frame_size=SIZE)) for number in range(count)]
        for tier, count in {"train": 6, "oracle": 2, "live_test_main": 2}.items()
    }
    truth = simulate(folder / "sensorium", Simulation(movies, mice={"mouse1": 20, "mouse2": 15}, seed=4))
    save_encoder(truth, folder / "encoder")
    session = open_session(Sources(folder / "sensorium", (folder / "encoder",), device="cpu"))
    # A mask that is at hand: to estimate one takes long.
    save_mask(session.fitted("mouse1", folder / "encoder").place("mask"), np.full(SIZE, 1.2, np.float32))
    save_mask(folder / "mask.npz", np.full(SIZE, 1.2, np.float32))


def _layouts(folder: Path) -> None:
    """Write one session in other layouts, with the writers of the tests."""
    layouts: Any = import_module("tests.recordings.readers.layouts")
    nwb: Any = import_module("tests.recordings.readers.nwb_layouts")
    recording = Recording_of(folder)
    trials: list[Trial] = [recording.trial(name) for name in recording.tiers]
    rates = [replace(trial, responses=np.minimum(np.asarray(trial.responses)[:12] / 10, 9)) for trial in trials]
    session = layouts.session_of(rates)
    layouts.write_experanto(folder / "experanto", session)
    (folder / "suite2p").mkdir()
    layouts.write_suite2p(folder / "suite2p", session)
    layouts.write_phy(folder / "phy", session)
    layouts.write_table(folder / "phy", session)
    nwb.write_microns(folder / "session.nwb", session)
    (folder / "shown").mkdir()
    layouts.write_table(folder / "shown", session)
    layouts.write_caiman(folder / "caiman.hdf5", session)


def Recording_of(folder: Path) -> Recording:  # noqa: N802
    """Open the simulated animal."""
    from reverie.recordings.readers.registry import open_recordings

    return open_recordings(folder / "sensorium")["mouse1"]


def _videos(folder: Path) -> None:
    folder.mkdir()
    dice = np.random.default_rng(0)
    pictures = [dice.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(24)]
    for name, codec in (("one.mp4", "libx264"), ("two.mkv", "ffv1"), ("three.avi", "mpeg4")):
        with av.open(str(folder / name), "w") as container:
            stream: Any = container.add_stream(codec, rate=30)
            stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    first.save(folder / "four.gif", save_all=True, append_images=rest, duration=40)
    (folder / "five").mkdir()
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"five/frame{number:03d}.png")


def _begin_training(folder: Path) -> None:
    """Leave a training that was interrupted after its first validation."""
    from reverie.training import loop

    write: Callable[..., None] = vars(loop)["save_state"]

    def write_and_stop(*arguments: Any) -> None:  # noqa: ANN401 - whatever is saved
        write(*arguments)
        raise KeyboardInterrupt

    with mock.patch.object(loop, "save_state", write_and_stop), suppress(KeyboardInterrupt):
        ended = run_command(RESUME.split(), folder, 300)
        assert (folder / "training/resume").exists(), ended.stderr


def is_cheap(command: str) -> bool:
    """Tell whether a command takes a fraction of a second."""
    return command.startswith(("inspect", "predict", "import-weights", "evaluate")) or "--method paper" in command


def results_of(folder: Path) -> dict[str, object]:
    """Return what came out of a command, to be compared with what comes out of files that are as they should be."""
    found: dict[str, object] = {}
    for path in sorted([*folder.glob("new/mouse1/*/movie.npz"), *folder.glob("run/mouse1/*/movie.npz")]):
        with suppress(Exception), np.load(path) as archive:
            found[str(path.relative_to(folder))] = [archive[name].tobytes() for name in ("frames", "mask")]
    for name in ("new.npz", "run/scores.csv", "training/weights.safetensors", "training/last/weights.safetensors"):
        if (folder / name).is_file():
            found[name] = (folder / name).read_bytes()
    return found


def copy_parts(world: Path, folder: Path, names: Sequence[str]) -> None:
    """Copy parts of the world into a folder that is to be broken."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = world / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
