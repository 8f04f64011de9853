"""The first movie of the demo, within a minute: one real clip, shown to a simulated animal whose truth is known."""

from pathlib import Path

import numpy as np

from reverie.fitted.session import Sources, open_session
from reverie.inversion.mask import MaskSettings, estimate_mask, save_mask
from reverie.inversion.methods.map import Map
from reverie.runs.reconstructing import reconstruct_trials
from reverie.runs.reporting import report_run
from reverie.runs.run import Run
from reverie.simulation.folder import TRUTH, Simulation, write_simulation
from reverie.simulation.mouse import MovieSource
from reverie.stimuli.footage import embedded_clips, mix_footage
from reverie.stimuli.video import read_movie

NEURONS = 1200
CLIPS = 6
"""Number of synthetic clips of ``FRAMES`` frames, from which prior, likelihood and mask are learned."""
FRAMES = 300
SECONDS = 5.0
"""Length of the reconstructed part of the real clip, seconds."""

MASK = MaskSettings(steps=100, learning_rate=160.0, batch=1)
"""A quarter of the default number of draws, each of which changes the mask four times as much."""

METHOD = Map(draws=1, calibrated=False)

ABOUT = (
    f"The demo's first picture, made in seconds: one noisy trial of {NEURONS} simulated neurons that saw {SECONDS:g} s "
    "of real footage. To save the time for training, it is found with the simulator's own model of the neurons, which "
    "no experiment has: read it as what a perfect encoder would give. The demo goes on to train one.",
)


def first_picture(out: Path, seed: int) -> Path:
    """Simulate, find the mask, reconstruct one real clip, and return its page; finished parts are kept."""
    data, mask = out / "data", out / "mask.npz"
    if not (data / TRUTH).exists():
        write_simulation(data, Simulation(_movies(seed), mice={"mouse1": NEURONS}, seed=seed))
    if not mask.exists():
        _find_mask(data, mask, seed)
    sources = Sources(data, (data / TRUTH,), mask=mask, seed=seed)
    reconstruct_trials(sources, out / "run", trials=("live_test_main",), run=Run(METHOD, about=ABOUT))
    return report_run(out / "run")


def _movies(seed: int) -> dict[str, list[tuple[str, MovieSource]]]:
    drawn = mix_footage([], CLIPS, FRAMES, 0.0, np.random.default_rng(seed))
    bikes = read_movie(embedded_clips()["bikes"], seconds=SECONDS)
    return {
        "train": [(f"train {number}", clip) for number, clip in enumerate(drawn)],
        "live_test_main": [("bikes", bikes)],
    }


def _find_mask(data: Path, mask: Path, seed: int) -> None:
    session = open_session(Sources(data, (data / TRUTH,), seed=seed))
    subject = session.fitted("mouse1", data / TRUTH).subject
    trials = list(subject.trials(subject.training))
    save_mask(mask, estimate_mask(subject.encoder, "mouse1", trials, MASK, seed=seed, device=subject.device))
