"""Up to which frequency in space and time is a movie found? Coherence with noise that holds all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from reverie.foundation.arrays import FRAME_RATE
from reverie.jobs.job import Clip, Job
from reverie.jobs.settings import USUAL, ReconstructionSettings
from reverie.scoring.coherence import Bands
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.grids import grid_figure
from reverie.studies.laboratory import Laboratory
from reverie.studies.resolving import (
    COARSE,
    SLOW,
    as_rows,
    coherence_table,
    limits,
    noise_clips,
    spectra_of_clips,
    transfer,
)
from reverie.studies.transfer_figures import limits_text, transfer_figure
from reverie.studies.unseen_stimuli import knows_truth

BANDS = Bands()


@dataclass(frozen=True)
class Size:
    """How many animals, movies of each, and frames of a movie."""

    animals: int
    movies: int
    frames: int


SIZES: Mapping[str, Size] = {"quick": Size(1, 2, 150), "laptop": Size(2, 3, 300), "paper": Size(3, 10, 300)}


def planned(laboratory: Laboratory) -> dict[str, dict[Clip, Job]]:
    """Return, by method, the job of each clip; both with the first encoder, each stopped as it usually is."""
    size = SIZES[laboratory.scale.name]
    clips = noise_clips(laboratory.materials, size.animals, size.movies, size.frames)
    settings = {
        "published method": laboratory.settings(),
        "map": ReconstructionSettings("map", USUAL["map"][0], blur=USUAL["map"][1]),
    }
    return {name: {clip: Job(clip, laboratory.encoders[:1], how) for clip in clips} for name, how in settings.items()}


def conclude(laboratory: Laboratory) -> Findings:
    """Compare the methods' coherence along both axes, and where it falls below a half."""
    size, materials = SIZES[laboratory.scale.name], laboratory.materials
    spectra = {
        name: spectra_of_clips(materials, {clip: laboratory.movie([job]) for clip, job in jobs.items()}, BANDS)
        for name, jobs in planned(laboratory).items()
    }
    curves, found = transfer(spectra, BANDS), limits(spectra, BANDS, materials.sources.seed)
    cells = {name: coherence_table(each, BANDS) for name, each in spectra.items()}
    return Findings(
        [
            f"Where coherence with the truth falls below a half: {limits_text(found)}.",
            f"{size.movies} × {size.frames / FRAME_RATE:.0f} s of pink noise, single trials of "
            f"{', '.join(list(materials.recordings)[: size.animals])}: {_responses(knows_truth(materials))}.",
        ],
        [
            Picture("transfer", _caption(), transfer_figure(curves), curves),
            Picture(
                "coherence",
                "Coherence by spatial and temporal frequency.",
                grid_figure(cells, rows="cycles per degree", columns="Hz", value="coherence"),
                pd.concat([as_rows(cell).assign(method=name) for name, cell in cells.items()]),
            ),
        ],
    )


def _responses(true: bool) -> str:
    return "responses are those of the simulation" if true else "responses are drawn around the rates of the encoders"


def _caption() -> str:
    return (
        f"Coherence with the truth along spatial frequency (changes up to {SLOW} Hz) and temporal frequency (patterns "
        f"up to {COARSE} cycles per degree); the line is a half."
    )


RESOLUTION = Experiment(
    "resolution",
    "Resolution in space and time",
    "Up to which spatial and temporal frequency do reconstructions follow the truth, published method and `map`?",
    lambda laboratory: [job for jobs in planned(laboratory).values() for job in jobs.values()],
    conclude,
)
