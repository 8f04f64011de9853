"""Replays and pictures in simulated darkness: false alarms where nothing is hidden, finds where replays are planted.

python -m benchmarks.spontaneous replays 20
python -m benchmarks.spontaneous darkness 20
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from reverie.encoders.checkpoints import save_encoder
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.session import Sources, open_session
from reverie.inversion.likelihood import Likelihood
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.simulation.darkness import Darkness, Replay
from reverie.simulation.folder import Simulation, simulate
from reverie.simulation.kinds import KINDS
from reverie.simulation.mouse import SimulatedMouse, schedule, spontaneous_presentations
from reverie.simulation.true_encoder import TrueEncoder
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.studies.spontaneous.agreement import AgreementSettings, JointEnergy, agreement
from reverie.studies.spontaneous.library import SAMPLE, SearchSettings, clips_of, sum_in_samples, templates_of
from reverie.studies.spontaneous.search import (
    FalseAlarms,
    block_maxima,
    candidates,
    fit_false_alarms,
    search,
    surrogate_maxima,
)
from reverie.studies.spontaneous.surrogates import KINDS as SURROGATES
from reverie.studies.spontaneous.templates import Template

SIZE: Final = (16, 24)
NEURONS: Final = 200
CLIP: Final = 120
MINUTE: Final = 1800
KIND: Final = replace(KINDS["default"], noise=replace(KINDS["default"].noise, shared=0.55, gain_drift=0.3))
"""Neurons of the default kind with the shared gains and drifts of the harsh kind."""

ASKED: Final = SearchSettings(seconds=2.0, speeds=(1.0, 2.0, -1.0), surrogates=10)
STRENGTHS: Final = (0.05, 0.1, 0.15, 0.25)


def world(folder: Path) -> tuple[Fitted, TrueEncoder, dict[str, list[tuple[str, np.ndarray]]]]:
    """Write an animal that saw eight short movies, and return what is fitted to it, its truth and the movies."""
    generator = np.random.default_rng(0)
    movies = {
        tier: [(f"{tier} {number}", naturalistic_movie(CLIP, generator, frame_size=SIZE)) for number in range(count)]
        for tier, count in {"train": 6, "oracle": 4}.items()
    }
    truth = simulate(folder / "data", Simulation(movies, mice={"mouse": NEURONS}, kind=KIND, seed=0))
    save_encoder(truth, folder / "encoder", about={"simulated": True})
    session = open_session(Sources(folder / "data", (folder / "encoder",), device="cpu"))
    return fit(session.fitted("mouse", folder / "encoder"), ["likelihood", "ridge"]), truth, movies


def dark_minutes(
    truth: TrueEncoder, movies: dict[str, list[tuple[str, np.ndarray]]], darkness: Darkness, seed: int
) -> Iterator[tuple[np.ndarray, tuple[Replay, ...]]]:
    """Yield the responses to trials in the dark, and what is hidden in each: clips of the tier `oracle`."""
    shown = schedule(movies)
    library = schedule({"oracle": movies["oracle"]})
    _, hidden = spontaneous_presentations(library, darkness, np.random.default_rng(seed))
    dark, _ = spontaneous_presentations(library, darkness, np.random.default_rng(seed))
    names = [str(len(shown) + number) for number in range(len(dark))]
    renamed = tuple(replace(each, trial=name) for each, name in zip(dark, names, strict=True))
    mouse = SimulatedMouse(truth, "mouse", (*shown, *renamed), noise=KIND.noise, seed=seed)
    for name, replays in zip(names, hidden.values(), strict=True):
        responses = mouse.trial(name).responses
        assert responses is not None
        yield responses, replays


def counted(likelihood: Likelihood, responses: np.ndarray) -> np.ndarray:
    """Return what counts of responses, in samples."""
    return sum_in_samples(likelihood.statistic(torch.from_numpy(responses)).numpy())


def measure_replays(folder: Path, hours: float) -> None:
    """Print thresholds, false alarms where nothing is hidden, and the share of planted replays found."""
    fitted, truth, movies = world(folder)
    likelihood = fitted.likelihood.single
    learnt = [counted(likelihood, each) for each, _ in dark_minutes(truth, movies, Darkness(30, MINUTE), 1)]
    resting = np.concatenate(learnt, axis=1).mean(axis=1)
    templates = templates_of(fitted, likelihood, clips_of(fitted.subject.recording, ["oracle"]), resting, ASKED)
    alarms: dict[str, FalseAlarms] = {}
    for kind in SURROGATES:
        maxima = surrogate_maxima(learnt, templates, kind, count=ASKED.surrogates, factors=ASKED.factors, seed=0)
        alarms[kind] = fit_false_alarms(maxima, 0.5 * ASKED.surrogates)
        print(f"{kind}: threshold {alarms[kind].threshold(ASKED.alarms):.2f}", flush=True)
    for strength in STRENGTHS:
        print(found_share(fitted, likelihood, truth, movies, templates, alarms["shared kept"], strength), flush=True)
    fresh: list[float] = []
    for minute, (responses, _) in enumerate(dark_minutes(truth, movies, Darkness(round(60 * hours), MINUTE), 2), 1):
        (best,) = search([counted(likelihood, responses)], templates)
        fresh += block_maxima(best.z, 2 * templates[0].ratio.shape[1])
        if minute % 120 == 0 or minute == round(60 * hours):
            counts = {kind: sum(z > one.threshold(ASKED.alarms) for z in fresh) for kind, one in alarms.items()}
            print(f"false alarms in {minute / 60:.1f} h: {counts}; largest z {max(fresh):.2f}", flush=True)


def found_share(
    fitted: Fitted,
    likelihood: Likelihood,
    truth: TrueEncoder,
    movies: dict[str, list[tuple[str, np.ndarray]]],
    templates: list[Template],
    alarms: FalseAlarms,
    strength: float,
) -> str:
    """Plant replays of one strength, and say how many are claimed, and how many of those rightly in all they say."""
    darkness = Darkness(8, MINUTE, 6, strength, ASKED.speeds, CLIP // 2)
    trials = list(dark_minutes(truth, movies, darkness, 3))
    activity = [counted(likelihood, responses) for responses, _ in trials]
    names = [str(number) for number in range(len(trials))]
    seconds = SAMPLE / 30
    table = candidates(activity, search(activity, templates), names, templates, alarms, seconds)
    claimed = table[table["false_alarms_per_hour"] <= ASKED.alarms]
    shown = {f"oracle {number}": name for number, name in enumerate(clips_of(fitted.subject.recording, ["oracle"]))}
    planted = found = clip = speed = moment = 0
    for name, (_, replays) in zip(names, trials, strict=True):
        for replay in replays:
            planted += 1
            near = claimed[(claimed["trial"] == name) & ((claimed["seconds"] - replay.start / 30).abs() < 1.0)]
            if near.empty:
                continue
            first = near.iloc[0]
            found += 1
            clip += first["clip"] == shown[replay.clip]
            speed += first["speed"] == replay.speed
            expected = replay.first / 30 + replay.speed * (first["seconds"] - replay.start / 30)
            moment += first["clip"] == shown[replay.clip] and abs(first["clip_seconds"] - expected) <= 0.75
    return (
        f"strength {strength}: {found} of {planted} found; of these clip {clip}, speed {speed}, moment {moment} right"
    )


def measure_darkness(folder: Path, hours: float) -> None:
    """Print in how many minutes and stretches without any picture a page would claim one."""
    fitted, truth, movies = world(folder)
    decoder = fitted.ridge
    assert isinstance(decoder, RidgeDecoder)
    joint_energy = JointEnergy(decoder, np.ones(SIZE, dtype=bool))
    pages = claims = stretches = below = 0
    minutes = dark_minutes(truth, movies, Darkness(round(60 * hours), MINUTE), 5)
    for pages_seen, (responses, _) in enumerate(minutes, 1):
        found = agreement(joint_energy, [decoder.features.scaled(responses)], 60, AgreementSettings(surrogates=30))
        pages += bool(found.departs.any())
        claims += int(found.departs.sum())
        below += int((found.p <= 0.05).sum())
        stretches += len(found.p)
        if pages_seen % 10 == 0:
            print(
                f"darkness, pages of a minute: {pages} of {pages_seen} claim anything, {claims} of {stretches} "
                f"stretches; p <= .05 in {below}",
                flush=True,
            )


if __name__ == "__main__":
    what, hours = sys.argv[1], float(sys.argv[2])
    with tempfile.TemporaryDirectory() as place:
        {"replays": measure_replays, "darkness": measure_darkness}[what](Path(place), hours)
