"""A reconstructed movie with everything known about it, the same in memory, in a run folder and in a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import UInt8
from scipy.special import ndtri

from reverie.fitted.reconstruction_files import read_files, write_files
from reverie.foundation.arrays import FRAME_RATE, Mask, Movie, Rates, Responses, State
from reverie.foundation.errors import ReverieError, reading_kept, some
from reverie.foundation.requests import given_path
from reverie.scoring.calibration import LEVELS, HalfWidths, coverage, standard_errors
from reverie.scoring.rule import frames_to_skip, scored_frames, scored_region, scoring_threshold
from reverie.scoring.scores import score

if TYPE_CHECKING:
    import xarray

SEEN_IN_TRAINING = "This trial was among the training trials of"
"""Beginning of the note on a reconstruction whose trial an encoder was trained on."""

SIMULATED = "Simulated: the responses come from a model, not from a brain."
"""The note on a reconstruction whose animal is a simulated one."""


@dataclass(frozen=True, eq=False, repr=False)
class Reconstruction:
    """A movie reconstructed from the responses to one trial, its uncertainty, and what it is compared with."""

    animal: str
    """Name of the animal."""
    trial: str
    """Name of the trial."""
    method: str
    """Name of the method: ``map``, ``paper``, ``ridge`` …"""
    frames: Movie
    """The movie (time, height, width), grey levels 0-255."""
    mask: Mask
    """Where the population can see: transparency (height, width)."""
    trace: pd.DataFrame
    """Trace of the search, a row per step: step, seconds, passes (windows of 32 frames through encoders), loss,
    model."""
    std: Movie | None = None
    """Standard deviation (time, height, width), grey levels: learned, of the posterior, or over models; or None."""
    half_widths: HalfWidths | None = None
    """Half the widths of the 50, 80 and 95 % intervals, in standard deviations; None without a calibration."""
    information: Mask | None = None
    """Share of the prior's variance, 0 to 1, that the responses removed at each pixel (height, width)."""
    truth: Movie | None = None
    """The movie that was shown; None in darkness and wherever it is not known."""
    state: State | None = None
    """Pupil dilation, running speed, pupil x and y, (4, time)."""
    responses: Responses | None = None
    """The recorded responses (neuron, time)."""
    rates: Rates | None = None
    """What the encoders predict from the reconstruction, (neuron, time)."""
    rates_from_truth: Rates | None = None
    """What the encoders predict from the true movie, (neuron, time)."""
    other_movies: UInt8[np.ndarray, "number time height width"] | None = None
    """Movies of other trials, as controls, rounded to whole grey levels."""
    notes: tuple[str, ...] = ()
    """Sentences a reader must know before believing the movie."""
    frame_rate: float = FRAME_RATE
    """Frames per second."""
    degrees_per_pixel: float | None = None
    """Degrees of visual angle that a pixel spans, where that is known."""
    start: float = 0.0
    """When the trial began, in seconds on the recording's own clock; 0 where it keeps none."""

    def interval(self, level: float = 0.95) -> tuple[Movie, Movie]:
        """Return the lower and upper ends of each pixel's credible interval, grey levels 0-255.

        Parameters
        ----------
        level
            How probable it is that the truth lies between them, above 0 and below 1. Between the calibrated levels
            (0.5, 0.8, 0.95) half-widths are interpolated, relative to those of a normal distribution.

        Raises
        ------
        ReverieError
            When no standard deviation is known or the level is out of range.
        """
        if self.std is None:
            raise ReverieError(
                f"The method `{self.method}` gave no standard deviation, so there is no interval; use `combined` or "
                "`map` with their default settings."
            )
        if not (isinstance(level, Real) and 0 < level < 1):
            raise ReverieError(f"An interval holds the truth with a probability between 0 and 1, not {level}.")
        width = float(ndtri(0.5 + level / 2))
        if self.half_widths is not None:
            normal = ndtri(0.5 + np.array(LEVELS) / 2)
            width *= float(np.interp(width, normal, self.half_widths / normal))
        low, high = ((self.frames + sign * width * self.std).clip(0, 255).astype(np.float32) for sign in (-1, 1))
        return low, high

    def score(self, *, seed: int = 0) -> dict[str, float]:
        """Return every score by name, with its controls, inside the evaluation mask; NaN where one is undefined.

        Parameters
        ----------
        seed
            Seed of the shuffled control.

        Raises
        ------
        ReverieError
            When the true movie is not known.
        """
        if self.truth is None:
            raise ReverieError(f"{self.name} has no true movie to be compared with, so it has no scores.")
        others = () if self.other_movies is None else list(self.other_movies.astype(np.float32))
        numbers = score(
            self.frames,
            self.truth,
            self.mask,
            seed=seed,
            skip=frames_to_skip(len(self.frames)),
            threshold=scoring_threshold(self.mask),
            other_movies=others,
            responses=self.responses,
            rates_from_reconstruction=self.rates,
            rates_from_truth=self.rates_from_truth,
        )
        return {**numbers, **self._coverage(self.truth)}

    @property
    def held_out(self) -> bool:
        """Whether no encoder was trained on this trial, as far as their training trials are known."""
        return not any(note.startswith(SEEN_IN_TRAINING) for note in self.notes)

    @property
    def name(self) -> str:
        """Animal and trial, as used in sentences and titles."""
        return f"{self.animal} trial {self.trial}"

    def __repr__(self) -> str:
        """Return a description of one line, since the arrays would fill the screen."""
        frames, height, width = self.frames.shape
        return f"<Reconstruction of {self.name} by {self.method}: {frames} frames of {height} x {width}>"

    def save(self, folder: Path | str) -> None:
        """Write the reconstruction to a folder: movie.npz, evidence.npz, trace.csv and, last, reconstruction.json.

        Raises ReverieError when the folder cannot be written.
        """
        place = given_path(folder, "The folder of a reconstruction")
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "trace"}
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        names = ("animal", "trial", "method", "notes", "frame_rate", "degrees_per_pixel", "start")
        write_files(place, {name: values[name] for name in names}, arrays, self.trace)

    @staticmethod
    def load(folder: Path | str) -> "Reconstruction":
        """Read a reconstruction from a folder; raises ReverieError when a file is missing, damaged or incomplete."""
        place = given_path(folder, "The folder of a reconstruction")
        with reading_kept(place, "reconstruct the trial again"):
            return Reconstruction(**read_files(place))

    def to_xarray(self) -> "xarray.Dataset":
        """Return movie, standard deviation, truth, mask and rates as an ``xarray.Dataset``.

        Coordinates are time in seconds, and y and x in degrees where a pixel's size is known, else in pixels.
        """
        import xarray  # which takes long to import, and is seldom needed

        frames, height, width = self.frames.shape
        size, unit = (self.degrees_per_pixel or 1.0), "degree" if self.degrees_per_pixel else "pixel"
        coordinates = {
            "time": ("time", np.arange(frames) / self.frame_rate, {"units": "s"}),
            "y": ("y", np.arange(height) * size, {"units": unit}),
            "x": ("x", np.arange(width) * size, {"units": unit}),
        }
        picture, movie, rows = ("y", "x"), ("time", "y", "x"), ("neuron", "time")
        named = {
            "movie": (movie, self.frames),
            "std": (movie, self.std),
            "truth": (movie, self.truth),
            "mask": (picture, self.mask),
            "information": (picture, self.information),
            "responses": (rows, self.responses),
            "rates": (rows, self.rates),
        }
        about = {"animal": self.animal, "trial": self.trial, "method": self.method}
        return xarray.Dataset(
            {name: pair for name, pair in named.items() if pair[1] is not None}, coords=coordinates, attrs=about
        )

    def show(self, path: Path | str | None = None) -> Any:  # noqa: ANN401 - what a notebook displays
        """Show truth, movie and standard deviation in step, with a slider and controls.

        In a notebook the player is displayed; elsewhere, or when ``path`` is given, a page is written and its path
        returned.
        """
        from reverie.fitted.pages import show

        return show(self, path)

    def _coverage(self, truth: Movie) -> dict[str, float]:
        """Return the share of pixels whose truth lies inside the intervals, where those are calibrated."""
        if self.std is None or self.half_widths is None:
            return {}
        scored, region = scored_frames(len(truth)), scored_region(self.mask)
        errors = standard_errors(self.frames[scored], truth[scored], self.std[scored], region)
        shares = coverage(errors, self.half_widths)
        return {f"coverage_{100 * level:.0f}": float(share) for level, share in zip(LEVELS, shares, strict=True)}


def training_warning(names: Sequence[str]) -> str:
    """Return a sentence on movies that are not held out, so that their scores are not mistaken for held-out ones."""
    return (
        f"Encoders were trained on {some(names)}: the scores of these movies, and the means that include them, are not "
        "held out."
    )


def scores_of(reconstructions: Sequence[Reconstruction], *, seed: int = 0) -> pd.DataFrame:
    """Return a row of scores for each reconstruction whose true movie is known: animal, trial, method, scores."""
    return pd.DataFrame(
        [
            {"animal": each.animal, "trial": each.trial, "method": each.method, **each.score(seed=seed)}
            for each in reconstructions
            if each.truth is not None
        ]
    )
