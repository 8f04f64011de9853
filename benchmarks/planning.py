"""What `reverie plan` is made from and checked with: simulated animals measured, predicted and reconstructed.

python -m benchmarks.planning measure    writes src/reverie/planning/simulated.json
python -m benchmarks.planning check      prints predicted beside measured video correlation and resolution over designs
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import torch

from benchmarks.resolution import (
    EDGES,
    Powers,
    powers_in_space,
    powers_in_time,
    resolution_in_space,
    resolution_in_time,
)
from reverie.encoders.checkpoints import save_encoder
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.session import Session, Sources, open_session
from reverie.fitted.solving import problem_of_trial
from reverie.foundation.files import write_json
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.map import Map
from reverie.inversion.solve import solve
from reverie.planning.design import Design, predict_design
from reverie.planning.running import measure_bands, simulated_bands
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import frames_to_skip, scored_frames
from reverie.simulation.folder import Simulation, simulate
from reverie.simulation.kinds import KINDS, Kind
from reverie.stimuli.naturalistic import naturalistic_movie

MEASURED: Final = Path(__file__).parent.parent / "src/reverie/planning/simulated.json"
NEURONS: Final = 300
FRAMES: Final = 90
FIELD: Final = 45.0
"""Diameter in degrees of the disk in the middle that is scored, where neurons lie nearly evenly."""

TRAIN: Final = 40
"""Training clips of the animal that is measured: the spectrum of eight is theirs and not that of movies."""


def animals(folder: Path, kind: Kind, *, seed: int, count: int = 1, train: int = 8, test: int = 3) -> Session:
    """Write animals that saw training and test movies, and open them with their true encoder."""
    generator = np.random.default_rng(seed)
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(FRAMES, generator)) for number in range(clips)]
        for tier, clips in {"train": train, "oracle": test}.items()
    }
    truth = simulate(
        folder, Simulation(movies, mice={f"mouse{n}": NEURONS for n in range(count)}, kind=kind, seed=seed)
    )
    save_encoder(truth, folder / "encoder", about={"simulated": True})
    session = open_session(Sources(folder, (folder / "encoder",), device="cpu"))
    for name in session.recordings:
        fitted = session.fitted(name, folder / "encoder")
        save_mask(fitted.place("mask"), middle(session.recordings[name].frame_size, degrees_of(fitted)))
        fit(fitted, ["prior", "likelihood"])
    return session


def degrees_of(fitted: Fitted) -> float:
    """Return the degrees a pixel spans."""
    degrees = fitted.subject.recording.degrees_per_pixel
    return 3.4 if degrees is None else degrees


def middle(size: tuple[int, int], degrees: float) -> np.ndarray:
    """Return a mask that is a disk of ``FIELD`` degrees in the middle."""
    rows, columns = (np.arange(length) - (length - 1) / 2 for length in size)
    return np.where(np.hypot(rows[:, None], columns) * degrees <= FIELD / 2, 1.2, 0.0).astype(np.float32)


def inside(fitted: Fitted) -> np.ndarray:
    """Return which neurons look into the field."""
    centres = fitted.subject.encoder.animal(fitted.subject.animal).get_buffer("centres").numpy()  # type: ignore[operator]
    away = np.hypot(*(centres.T - (np.array(fitted.mask.shape)[:, None] - 1) / 2)) * degrees_of(fitted)
    return np.asarray(away <= FIELD / 2)


class Clip(NamedTuple):
    """What is measured of one reconstructed clip: video correlation, powers by spatial and by temporal frequency."""

    video_correlation: float
    in_space: Powers
    in_time: Powers


class Measured(NamedTuple):
    """What a design reached over all clips, as ``DesignPrediction`` has it."""

    video_correlation: float
    cycles_per_degree: float
    hertz: float


def designs(session: Session, counts: Sequence[int]) -> Iterator[tuple[int, Design, Measured]]:
    """Yield designs of some of the neurons of one or all animals, how many an animal, and what they reach."""
    fits = [session.fitted(name, folder) for name in session.recordings for folder in session.encoders]
    first = fits[0].subject.recording
    generator = np.random.default_rng(0)
    for together in sorted({1, len(fits)}):
        for count in counts:
            chosen = [np.sort(generator.permutation(NEURONS)[:count]) for _ in fits[:together]]
            clips = [reconstructed(fits[:together], chosen, name) for name in first.names("oracle")]
            seen = np.mean([inside(each)[rows].sum() for each, rows in zip(fits, chosen, strict=False)])
            measured = Measured(
                float(np.mean([clip.video_correlation for clip in clips])),
                resolution_in_space([clip.in_space for clip in clips], first.frame_size, degrees_of(fits[0])),
                resolution_in_time([clip.in_time for clip in clips], FRAMES - frames_to_skip(FRAMES), first.frame_rate),
            )
            yield count, Design(max(1, round(seen)), FIELD, minutes=1e6, animals=together), measured


def reconstructed(fits: list[Fitted], chosen: list[np.ndarray], name: str) -> Clip:
    """Return what is measured of one clip, from some neurons of animals explained together."""
    problems = [problem_of_trial(each, each.subject.recording.trial(name), Map()) for each in fits]
    observations = tuple(
        replace(problem.observations[0], neurons=torch.from_numpy(rows))
        for problem, rows in zip(problems, chosen, strict=True)
    )
    found = solve(replace(problems[0], observations=observations), Map(draws=0, find_cuts=False)).movie
    recording, region = fits[0].subject.recording, fits[0].mask >= 1
    scored = scored_frames(len(found))
    movies = found[scored], recording.movie(name)[scored]
    angle, rate = degrees_of(fits[0]), recording.frame_rate
    in_space, in_time = (
        take(*movies, fits[0].prior, region, degrees=angle, frame_rate=rate)
        for take in (powers_in_space, powers_in_time)
    )
    return Clip(video_correlation(*movies, region), in_space, in_time)


def measure() -> None:
    """Measure the stand-in and keep it in the package."""
    with tempfile.TemporaryDirectory() as folder:
        session = animals(Path(folder), KINDS["default"], seed=1, train=TRAIN)
        fitted = session.fitted("mouse0", Path(folder) / "encoder")
        write_json(MEASURED, measure_bands(fitted, about=f"{NEURONS} simulated neurons").to_json())


def check(seeds: Sequence[int], counts: Sequence[int], clips: int) -> None:
    """Print planned beside measured results: pairs of animals of several seeds, one and both, some sizes.

    A plan is of the mean animal, and animals with as many neurons differ: errors are told of single designs and of
    designs averaged over the pairs. Where measured coherence is nowhere above a half, the resolution in space is taken
    for the coarsest that could be measured, and that in time is left out.
    """
    rows = []
    bands = simulated_bands()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            session = animals(Path(folder), KINDS["default"], seed=seed, count=2, test=clips)
            for count, design, measured in designs(session, counts):
                if np.isnan(measured.cycles_per_degree):
                    measured = measured._replace(cycles_per_degree=float(EDGES[0]))
                prediction = predict_design(bands, design)
                for name, value in measured._asdict().items():
                    rows.append((seed, design.animals, count, design.neurons, name, value, getattr(prediction, name)))
                    print(*(each if isinstance(each, str) else f"{each:.3g}" for each in rows[-1]), flush=True)
    table = pd.DataFrame(rows, columns=["seed", "animals", "count", "neurons", "what", "measured", "planned"])
    averaged = table.groupby(["what", "animals", "count"], sort=False).mean().reset_index()
    print(averaged.drop(columns="seed").to_string(index=False, float_format="%.3g"))
    for label, errors in (("of one pair", table), ("averaged over pairs", averaged)):
        for what, part in errors.groupby("what", sort=False):
            off, share = part["planned"] - part["measured"], part["planned"] / part["measured"] - 1
            print(
                f"{label}, {what}: mean error {off.abs().mean():.4f} ({share.abs().mean():.0%}), bias {off.mean():+.4f}"
            )


def main() -> None:
    """Measure or check."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("what", choices=("measure", "check"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9], help="one for each pair of animals")
    parser.add_argument("--counts", type=int, nargs="+", default=[150, 180, 210, 240, 270, 300], help="neurons of each")
    parser.add_argument("--clips", type=int, default=9, help="test clips of 3 s that each design is measured on")
    asked = parser.parse_args()
    if asked.what == "measure":
        measure()
    else:
        check(asked.seeds, asked.counts, asked.clips)


if __name__ == "__main__":
    main()
