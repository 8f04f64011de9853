"""Measuring what a plan is made from: of an encoder at hand, how much its neurons tell about each frequency."""

from typing import Final

import numpy as np
import torch

from reverie.fitted.fitted import Fitted
from reverie.fitted.problems import beginning_of, problem_of_trial
from reverie.foundation.errors import NotApplicable
from reverie.inversion.methods.map import Map
from reverie.inversion.objective import information_draw
from reverie.inversion.priors.cosine import spectrum_of
from reverie.planning.bands import Bands
from reverie.scoring.rule import scored_region

CLIPS: Final = 6
DRAWS: Final = 2
"""Training clips and random gradients of each; their mean square is the information, known to a few per cent a band."""

FRAMES: Final = 150
"""Of each clip at most."""


def measure_bands(fitted: Fitted, *, about: str, seed: int = 0) -> Bands:
    """Return what movies hold and one animal's neurons tell by frequency.

    The information is the diagonal of the Gauss-Newton matrix (Fisher information of the responses about the movie) in
    the cosine transform, from random gradients whose covariance it is.
    Raises NotApplicable when the angle a pixel spans is not known, ReverieError when mask, prior or likelihood are not
    fitted.
    """
    subject, prior = fitted.subject, fitted.prior
    recording = subject.recording
    if recording.degrees_per_pixel is None:
        raise NotApplicable(
            f"How many degrees a pixel of {subject.animal} spans is not known; say it with --degrees-per-pixel."
        )
    trials = subject.trials(subject.training, CLIPS)
    frames = min(FRAMES, *(trial.frames for trial in trials))
    generator = torch.Generator().manual_seed(seed)
    squares = []
    for trial in trials:
        cut = beginning_of(trial, frames)
        problem = problem_of_trial(fitted, cut, Map()).to(subject.device).in_fast_form()
        movie = torch.tensor(cut.known_movie, device=subject.device)
        for _ in range(DRAWS):
            draw = prior.on_scene(information_draw(problem, movie, generator))
            squares.append(spectrum_of(draw, [frames]).square().cpu().numpy())
    height, width = recording.frame_size
    angle = recording.degrees_per_pixel
    cycles = np.hypot(np.arange(height)[:, None] / (2 * height), np.arange(width) / (2 * width)) / angle
    hertz = np.arange(frames) / (2 * frames) * recording.frame_rate
    # Every neuron adds to the mean over the frame in proportion to its own field's share of it.
    told = np.mean(squares, axis=0) * (height * width * angle**2) / recording.neurons
    region = scored_region(fitted.mask)
    picture = prior.mean.numpy()[region].var() / np.square(prior.deviation.numpy()[region]).mean()
    power = np.square(prior.amplitude(frames).numpy())
    return Bands.of(
        cycles,
        hertz,
        power,
        told,
        picture=float(picture),
        seconds=frames / recording.frame_rate,
        neurons=recording.neurons,
        about=about,
    )
