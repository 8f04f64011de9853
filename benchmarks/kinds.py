"""Every method on every kind of simulated animal: `python -m benchmarks.kinds [--kinds KIND …] [--out FOLDER]`.

Interrupted, the same command goes on: what is simulated, trained, fitted and found is kept in the folder.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from benchmarks.kinds_table import differences_of, page_of
from reverie.fitted.assembling import assemble
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.parts import parts_for
from reverie.fitted.session import Session, Sources, open_session
from reverie.fitted.solving import observe, solve_trial
from reverie.foundation.arrays import Movie
from reverie.foundation.devices import prepare_threads
from reverie.foundation.files import write_text
from reverie.foundation.progress import say
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.postprocessing import blur
from reverie.inversion.problem import Problem
from reverie.inversion.solution import Solution
from reverie.inversion.solve import solve
from reverie.jobs.clip import Clip, repeats_of
from reverie.jobs.job import Job, parts_of, perform
from reverie.jobs.store import JobFolder
from reverie.recordings.opening import responses_of
from reverie.recordings.trial import Trial
from reverie.scoring.controls import Comparison
from reverie.scoring.rule import frames_to_skip, scored_region
from reverie.scoring.scores import measure
from reverie.simulation.folder import simulate_animals
from reverie.studies.choosing import best_stop, score_on_the_way, stop_table
from reverie.training.folder import train_encoder

STIMULI: Final = {"default": "movies", "realistic": "movies", "harsh": "movies", "outside": "movies"}
"""What each kind is shown; retinas see white noise."""

WHITE_NOISE_BLUR: Final = (1.0, 1.5, 1.5)
"""Frames and pixels by which truth and estimate of white noise are blurred alike before they are compared."""

STOPS: Final = (20, 40, 60, 100, 150)
"""Numbers of steps of the published method to choose from, on validation clips."""

BLURS: Final = (0.5, 1.0, 2.0, 3.0)
"""Final blurs to choose from with them."""

ANIMAL: Final = "mouse1"
"""Whose movies are reconstructed; the other animal only joins in."""


@dataclass(frozen=True)
class Size:
    """How much is simulated and done; few: clips that what takes long is tried on. preset: size of the encoder.
    animals: one saves time where none is joined."""

    animals: int = 2
    neurons: int = 500
    train: int = 60
    validation: int = 6
    clips: int = 6
    few: int = 3
    frames: int = 300
    steps: int = 600
    seed: int = 0
    preset: str = "small"


@dataclass(frozen=True)
class Materials:
    """One kind, ready: session, what was fitted to the animal, and the kind's name."""

    kind: str
    session: Session
    size: Size

    @property
    def encoder(self) -> Path:
        """The encoder's folder."""
        return self.session.sources.encoders[0]

    def fitted(self, *parts: str, animal: str = ANIMAL, folder: Path | None = None) -> Fitted:
        """Return what is fitted to an animal and an encoder, after the parts were."""
        return fit(self.session.fitted(animal, folder or self.encoder), parts)

    def scores(self, movie: Movie, trial: Trial) -> dict[str, float]:
        """Return the scores that the table holds."""
        shown, truth = movie, trial.known_movie
        if self.kind == "retina":
            shown, truth = (gaussian_filter(np.asarray(each), WHITE_NOISE_BLUR) for each in (shown, truth))
        comparison = Comparison.after(frames_to_skip(len(truth)), shown, truth)
        found = measure(comparison, scored_region(self.fitted("mask").mask))
        return {name: found[f"video_correlation{part}"] for name, part in PARTS.items()}


PARTS: Final = {"video": "", "dynamic": "_dynamic", "pattern": "_pattern"}


def prepare(kind: str, size: Size, out: Path) -> Materials:
    """Simulate animals and train an encoder of them, unless that was done."""
    data, encoder = out / kind / "data", out / kind / size.preset / "encoder"
    if not (data / "truth").exists():
        simulate_animals(
            data,
            kind=kind,
            stimulus=STIMULI.get(kind, "white-noise"),
            animals=size.animals,
            neurons=size.neurons,
            train=size.train,
            oracle=size.validation,
            test=size.clips,
            frames=size.frames,
            seed=size.seed,
        )
    train_encoder(data, encoder, architecture="compact", preset=size.preset, steps=size.steps, device="cpu")
    return Materials(kind, open_session(Sources(data, (encoder,), device="cpu")), size)


def by_method(method: Method) -> Callable[[Materials, Clip], tuple[Solution, Mapping[str, float]]]:
    """Return how a method reconstructs a clip; of one that is calibrated, also how often its intervals held."""

    def reconstruct(materials: Materials, clip: Clip) -> tuple[Solution, Mapping[str, float]]:
        fitted, trial = materials.fitted(*parts_for(method)), clip.read(materials.session)
        solution = solve_trial(fitted, trial, method)
        if solution.std is None:
            return replace(solution, movie=blur(solution.movie, method.blur)), {}
        whole = assemble([solution], [fitted], method, trial, fitted.mask).score()
        return solution, {name: value for name, value in whole.items() if name.startswith("coverage_")}

    return reconstruct


def by_published(materials: Materials, clip: Clip) -> tuple[Solution, Mapping[str, float]]:
    """Reconstruct by the published method with the stop and the blur that are best on two validation clips."""
    kept = materials.encoder.parent / "stops.csv"
    if not kept.exists():
        names = materials.session.recordings[ANIMAL].names("oracle")[:2]
        jobs = [Job(Clip(ANIMAL, name), (materials.encoder,), Paper(stride=32)) for name in names]
        candidates = [*product(STOPS, BLURS)]
        materials.fitted(*parts_for(Paper()))
        curves = {job.clip.name: score_on_the_way(materials.session, job, candidates) for job in jobs}
        write_text(kept, stop_table(curves).to_csv())
    steps, sigma = best_stop(pd.read_csv(kept, index_col=["steps", "blur"]))
    return by_method(Paper(stride=32, steps=steps, blur=sigma))(materials, clip)


def by_truth(materials: Materials, clip: Clip) -> tuple[Solution, Mapping[str, float]]:
    """Find the most probable movie with the truth as encoder, from ridge's movie, which gain control needs."""
    fitted, (method,) = materials.fitted("prior", "ridge"), Combined().searches("measured", 0)
    known = materials.fitted("likelihood", folder=materials.session.truth_folder)
    trial = clip.read(materials.session)
    start = fitted.ridge.decode(responses_of(ANIMAL, trial))
    return solve(Problem((observe(known, trial, method),), fitted.prior), method, start=start), {}


def by_both(method: Map | Combined) -> Callable[[Materials, Clip], tuple[Solution, Mapping[str, float]]]:
    """Return how a method reconstructs a clip from the responses of both animals."""

    def reconstruct(materials: Materials, clip: Clip) -> tuple[Solution, Mapping[str, float]]:
        session = materials.session
        others = tuple(repeats_of(session, clip, "animals"))
        job = Job(clip, (materials.encoder,), method, together=others)
        for (animal, folder), parts in parts_of([job]).items():
            materials.fitted(*parts, animal=animal, folder=folder)
        place = JobFolder(materials.encoder.parent / "joined" / job.fingerprint(session))
        return perform(job, session, place), {}

    return reconstruct


METHODS: Final[Mapping[str, Callable[[Materials, Clip], tuple[Solution, Mapping[str, float]]]]] = {
    "ridge": by_method(Ridge()),
    "map": by_method(Map(draws=0)),
    "combined": by_method(Combined()),
    "combined, camera not followed": by_method(Combined(follow=0)),
    "published": by_published,
    "map, animals joined": by_both(Map(draws=0)),
    "combined, animals joined": by_both(Combined(calibrated=False)),
    "map, truth": by_truth,
}
"""Every method by the name it has in the table, in the order in which they are tried."""

DEAR: Final = ("published", "map, truth")
"""What is tried on a few of the clips only."""


def measure_kind(kind: str, size: Size, out: Path, methods: Sequence[str]) -> pd.DataFrame:
    """Return a row for each method and clip of one kind; what an earlier call measured is read."""
    kept = out / kind / size.preset / "rows.csv"
    table = pd.read_csv(kept, dtype={"clip": str}) if kept.exists() else pd.DataFrame(columns=["method", "clip"])
    materials = prepare(kind, size, out)
    names = materials.session.recordings[ANIMAL].names("live_test_main")[: size.clips]
    materials.fitted("mask")
    for method in methods:
        for name in names[: size.few] if method in DEAR else names:
            if ((table["method"] == method) & (table["clip"] == name)).any():
                continue
            clip = Clip(ANIMAL, name)
            solution, coverage = METHODS[method](materials, clip)
            numbers = materials.scores(solution.movie, clip.read(materials.session))
            row = {"kind": kind, "method": method, "clip": name, **numbers, **coverage}
            row |= {"passes": solution.passes, "seconds": solution.seconds}
            table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
            write_text(kept, table.to_csv(index=False))
    return table


def main() -> None:
    """Measure; prints the table and writes kinds.csv and kinds.md."""
    usual = Size()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kinds", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("kinds"), help="folder for everything")
    parser.add_argument("--kinds", nargs="+", default=[*STIMULI, "retina"], help="kinds of animals")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS), help="methods to try")
    for name, value in vars(usual).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    chosen = vars(parser.parse_args())
    size = Size(**{name: chosen[name] for name in vars(usual)})
    prepare_threads()
    tables = [measure_kind(kind, size, chosen["out"], chosen["methods"]) for kind in chosen["kinds"]]
    rows = pd.concat(tables, ignore_index=True)
    write_text(chosen["out"] / "kinds.csv", rows.to_csv(index=False))
    page = page_of(rows)
    write_text(chosen["out"] / "kinds.md", page)
    for line in (page, differences_of(rows).to_string(index=False)):
        say(line)


if __name__ == "__main__":
    main()
