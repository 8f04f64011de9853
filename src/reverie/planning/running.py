"""Answering `reverie plan`, in words and with a page, from a given encoder or from animals simulated beforehand."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.opening import SubjectSources
from reverie.fitted.reconstructor import Reconstructor
from reverie.fitted.solving import problem_of_trial
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import read_json, write_text
from reverie.foundation.folders import PAGE, require_file
from reverie.foundation.progress import say
from reverie.inversion.methods.map import Map
from reverie.inversion.objective import information_draw
from reverie.inversion.priors.spectrum import spectrum_of
from reverie.planning.design import (
    LEARNING_MINUTES,
    NONLINEAR_NOISE,
    Design,
    MeasuredBands,
    neurons_for,
    predict_design,
)
from reverie.recordings.reading import Reading
from reverie.reporting.page import fill_page
from reverie.scoring.coherence import COARSE_CYCLES, SLOW_HERTZ
from reverie.scoring.rule import scored_region

CLIPS = 20
"""Largest number of training clips. Each gets one random gradient; the mean square of these is the information. One per
clip is enough, since clips differ by more than draws do."""

FRAMES = 150
"""Largest number of frames of each clip."""

PARTS = ("mask", "prior", "likelihood")

SLIDERS: Mapping[str, tuple[str, float, float]] = {
    "neurons": ("Neurons in the field, of each animal", 30, 100_000),
    "field": ("Diameter of the field, degrees", 10, 150),
    "noise": ("Noise, times what was measured", 0.1, 10),
    "scan_rate": ("Scans per second", 1, 100),
    "minutes": ("Minutes of movies to train with", 1, 300),
    "animals": ("Animals joined", 1, 30),
}
"""Label and ends of each slider of the page; all are logarithmic."""


def measure_bands(fitted: Fitted, *, about: str) -> MeasuredBands:
    """Return the spectrum of movies and the information of one animal's neurons, by frequency.

    The information is the diagonal, in the cosine transform, of the Gauss-Newton matrix (the Fisher information of the
    responses about the movie). It is estimated from random gradients whose covariance is this matrix. Raises
    NotApplicable when the visual angle of a pixel is not known, ReverieError when mask, prior or likelihood are not
    fitted.
    """
    subject, prior = fitted.subject, fitted.prior
    recording = subject.recording
    if recording.degrees_per_pixel is None:
        raise NotApplicable(
            f"How many degrees a pixel of {subject.animal} spans is not known; say it with --degrees-per-pixel."
        )
    names = subject.trials(subject.training, CLIPS).keys
    frames = min(FRAMES, *map(recording.frames, names))
    generator = torch.Generator().manual_seed(0)
    squares = []
    for name in names:
        cut = recording.trial(name, stop=frames)
        problem = problem_of_trial(fitted, cut, Map()).to(subject.device).in_fast_form()
        movie = torch.tensor(cut.known_movie, device=subject.device)
        draw = prior.on_scene(information_draw(problem, movie, generator))
        squares.append(spectrum_of(draw, [frames]).square().cpu().numpy())
    height, width = recording.frame_size
    angle = recording.degrees_per_pixel
    cycles = np.hypot(np.arange(height)[:, None] / (2 * height), np.arange(width) / (2 * width)) / angle
    hertz = np.arange(frames) / (2 * frames) * recording.frame_rate
    # A neuron's share of the mean over the frame is the share of the frame that its receptive field covers.
    information = np.mean(squares, axis=0) * (height * width * angle**2) / recording.neurons
    region = scored_region(fitted.mask)
    picture = prior.mean.numpy()[region].var() / np.square(prior.deviation.numpy()[region]).mean()
    power = np.square(prior.amplitude(frames).numpy())
    return MeasuredBands.of(
        cycles,
        hertz,
        power,
        information,
        picture=float(picture),
        seconds=frames / recording.frame_rate,
        degrees=angle,
        neurons=recording.neurons,
        about=about,
    )


def simulated_bands() -> MeasuredBands:
    """Return measurements of simulated neurons (by ``benchmarks.planning``), for experiments not made yet."""
    return MeasuredBands.from_json(read_json(Path(str(files("reverie.planning").joinpath("simulated.json")))))


def named_sources(
    data: Path | None, encoder: Path | None, animal: str | None, reading: Reading
) -> SubjectSources | None:
    """Return the sources to plan with, None for simulated neurons; raises ReverieError where only one is named."""
    if (data is None) != (encoder is None):
        raise ReverieError(
            "To plan with an encoder of your own, give both its recordings and its folder (--data, --encoder)."
        )
    return None if data is None or encoder is None else SubjectSources(data, encoder, animal, reading)


def plan(
    design: Design, sources: SubjectSources | None = None, *, resolution: float | None = None, out: Path | None = None
) -> pd.DataFrame:
    """Return what a design will show, and write the page where ``out`` is given.

    Parameters
    ----------
    design
        The experiment that could be made.
    sources
        The recording of an animal and its encoder, to plan with these neurons instead of simulated ones.
    resolution
        Spatial frequency in cycles per degree, to learn how many neurons it takes to resolve it.
    out
        The page (html) with sliders.

    Raises
    ------
    ReverieError
        When recording and encoder do not belong together.
    """
    if out is not None:
        require_file(out, PAGE)
    bands = simulated_bands() if sources is None else _of_encoder(sources)
    prediction = predict_design(bands, design)
    rows = [
        ("video correlation", f"{prediction.video_correlation:.2f}"),
        ("resolution in space, cycles per degree", _limit_text(prediction.cycles_per_degree)),
        ("resolution in time, hertz", _limit_text(prediction.hertz)),
    ]
    if resolution is not None:
        needed = neurons_for(bands, design, resolution)
        answer = "out of reach" if needed is None else f"{float(f'{needed:.2g}'):,.0f}"
        rows.append((f"neurons for {resolution:g} cycles per degree", answer))
    if out is not None:
        write_plan(out, bands, design)
        say(f"The page with sliders is {out}.")
    return pd.DataFrame(rows, columns=["what", "value"])


def _of_encoder(sources: SubjectSources) -> MeasuredBands:
    encoder, recording = sources.open(choose_device("cpu"))
    fitted = Reconstructor(encoder, recording, device="cpu").fits[0]
    fit(fitted, PARTS)
    return measure_bands(
        fitted, about=f"{recording.neurons} neurons of {recording.name} through the encoder {sources.encoder.name}"
    )


def _limit_text(limit: float) -> str:
    if math.isnan(limit):
        return "none"
    return "finer than movies hold" if math.isinf(limit) else f"{limit:.3g}"


def write_plan(path: Path, bands: MeasuredBands, design: Design) -> None:
    """Write the page, one self-contained file, whole or not at all.

    Its script computes the same as ``predict_design``, from the same numbers.
    """
    constants = {
        "slow": SLOW_HERTZ,
        "coarse": COARSE_CYCLES,
        "nonlinear_noise": NONLINEAR_NOISE,
        "learning_minutes": LEARNING_MINUTES,
    }
    page = fill_page(
        "plan.html",
        ["report.css"],
        ["plan.js"],
        title="What an experiment will show",
        lead=f"Measured on {bands.about}. Move a slider, and everything else follows.",
        sliders=SLIDERS,
        design=asdict(design),
        measured=json.dumps({**bands.to_json(), **constants}),
    )
    write_text(path, page)
