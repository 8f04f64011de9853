"""Up to which spatial and temporal frequency is a movie found? Coherence with noise of all frequencies, by method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.registry import Method
from reverie.jobs.clip import Clip
from reverie.scoring.coherence import (
    COARSE_CYCLES,
    SLOW_HERTZ,
    SPATIAL,
    SPATIAL_CENTRES,
    TEMPORAL,
    TEMPORAL_CENTRES,
    Spectra,
    add_up,
    crossing,
    spectra_of,
)
from reverie.scoring.rule import scored_frames, scored_region
from reverie.scoring.statistics import resample_clips
from reverie.stimuli.synthetic import pink_noise
from reverie.studies.figures import COLOURS, column_figure, grid_figure, legend
from reverie.studies.setup import Conditions, Setup, degrees_of_pixel, jobs_for
from reverie.studies.study import Findings, Picture, Study
from reverie.studies.synthetic import first_recording, knows_truth, simulate_responses

DRAWS = 500
"""Bootstrap samples over clips."""


@dataclass(frozen=True)
class Size:
    """Number of animals, of movies shown to each, and of frames per movie."""

    animals: int
    movies: int
    frames: int


SIZES: Mapping[str, Size] = {"quick": Size(1, 2, 150), "laptop": Size(2, 3, 300), "paper": Size(3, 10, 300)}


def conditions(setup: Setup) -> Conditions:
    """Return the one job of each clip, by method; both use the first encoder, and each stops as it usually does."""
    size = SIZES[setup.scale.name]
    clips = noise_clips(setup.session, size.animals, size.movies, size.frames)
    settings: dict[str, Method] = {"published method": setup.settings(), "map": Map(draws=0)}
    return {name: setup.jobs(how, setup.encoders[:1], clips=clips) for name, how in settings.items()}


def conclude(setup: Setup) -> Findings:
    """Compare the methods' coherence along both axes, and where it falls below a half."""
    size, session = SIZES[setup.scale.name], setup.session
    spectra = {
        name: spectra_of_clips(session, {clip: setup.movie(jobs) for clip, jobs in clips.items()})
        for name, clips in conditions(setup).items()
    }
    curves, found = transfer(spectra), limits(spectra, session.sources.seed)
    cells = {name: coherence_table(each) for name, each in spectra.items()}
    return Findings(
        [
            f"Where coherence with the truth falls below a half: {limits_text(found)}.",
            f"{size.movies} × {size.frames / first_recording(session).frame_rate:.0f} s of pink noise, single trials "
            f"of {', '.join(list(session.recordings)[: size.animals])}: {_responses(knows_truth(session))}.",
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
        f"Coherence with the truth along spatial frequency (changes up to {SLOW_HERTZ} Hz) and temporal frequency "
        f"(patterns up to {COARSE_CYCLES} cycles per degree); the line is a half."
    )


def noise_clips(session: Session, animals: int, count: int, frames: int) -> list[Clip]:
    """Return clips of pink noise shown to the first animals, the same movies to each."""
    size = first_recording(session).frame_size
    movies = {
        f"pink noise {number}": pink_noise(
            frames, np.random.default_rng([session.sources.seed, number]), frame_size=size
        )
        for number in range(count)
    }
    return [
        clip for animal in list(session.recordings)[:animals] for clip in simulate_responses(session, animal, movies)
    ]


def spectra_of_clips(session: Session, movies: Mapping[Clip, Movie]) -> list[Spectra]:
    """Return the spectra of each clip and its reconstruction, inside the evaluation mask of its animal."""
    found = []
    for clip, movie in movies.items():
        mask, trial = session.mask(clip.animal), clip.read(session)
        region, scored = scored_region(mask), scored_frames(trial.frames)
        recording = session.recordings[clip.animal]
        units = {"frame_rate": recording.frame_rate, "degrees_per_pixel": degrees_of_pixel(recording)}
        found.append(spectra_of(movie[scored], trial.known_movie[scored], region, **units))
    return found


def coherence_table(spectra: Sequence[Spectra]) -> pd.DataFrame:
    """Return coherence over all clips, a row per spatial band (cycles per degree), a column per temporal band (Hz)."""
    rows, columns = SPATIAL_CENTRES.round(3).tolist(), TEMPORAL_CENTRES.round(1).tolist()
    return pd.DataFrame(add_up(spectra).coherence, rows, columns)


def as_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return a ``coherence_table`` in long form, with columns cycles_per_degree, hertz, coherence."""
    wide = table.rename_axis("cycles_per_degree").reset_index()
    return wide.melt("cycles_per_degree", var_name="hertz", value_name="coherence")


def transfer(by_method: Mapping[str, Sequence[Spectra]]) -> pd.DataFrame:
    """Return coherence along both axes, by method: method, axis, frequency, coherence.

    Along one axis, bands of the other are pooled up to ``SLOW_HERTZ`` hertz or ``COARSE_CYCLES`` cycles per degree.
    """
    rows = []
    for method, spectra in by_method.items():
        for axis, centres, values in _curves(add_up(spectra)):
            rows += [
                {"method": method, "axis": axis, "frequency": frequency, "coherence": value}
                for frequency, value in zip(centres.tolist(), values.tolist(), strict=True)
            ]
    return pd.DataFrame(rows)


def limits(by_method: Mapping[str, Sequence[Spectra]], seed: int) -> pd.DataFrame:
    """Return where coherence falls below a half: method, axis, limit, low and high (95 %, bootstrap over clips).

    A limit is infinite where coherence is above a half in all bands, and NaN where it is below in the lowest one
    already.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for method, spectra in by_method.items():
        draws = resample_clips(len(spectra), DRAWS, generator)
        drawn = [_limits([spectra[int(place)] for place in np.repeat(np.arange(len(spectra)), draw)]) for draw in draws]
        for axis, limit in _limits(spectra).items():
            values = np.array([each[axis] for each in drawn])
            # A draw without a coherent band has its limit below the lowest band, here 0.
            low, high = np.quantile(np.nan_to_num(values, nan=0.0, posinf=np.inf), [0.025, 0.975], method="nearest")
            rows.append({"method": method, "axis": axis, "limit": limit, "low": low, "high": high})
    return pd.DataFrame(rows)


def _limits(spectra: Sequence[Spectra]) -> dict[str, float]:
    return {axis: crossing(centres, values) for axis, centres, values in _curves(add_up(spectra))}


def _curves(summed: Spectra) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return coherence along both axes, each as (name, centres of the bands, coherence)."""
    slow = slice(0, int(np.searchsorted(TEMPORAL[1:], SLOW_HERTZ, side="right")))
    coarse = slice(0, int(np.searchsorted(SPATIAL[1:], COARSE_CYCLES, side="right")))
    space = [summed.pooled(slice(band, band + 1), slow).coherence[0, 0] for band in range(len(SPATIAL) - 1)]
    time = [summed.pooled(coarse, slice(band, band + 1)).coherence[0, 0] for band in range(len(TEMPORAL) - 1)]
    return [("cycles per degree", SPATIAL_CENTRES, np.array(space)), ("hertz", TEMPORAL_CENTRES, np.array(time))]


def transfer_figure(curves: pd.DataFrame) -> Figure:
    """Draw coherence over frequency, a panel for each axis and a line for each method.

    Parameters
    ----------
    curves
        Method, axis (what its frequencies are), frequency, coherence.
    """
    axes_of = curves["axis"].unique().tolist()
    figure, panels = column_figure(2.2, len(axes_of))
    for axes, name in zip(panels, axes_of, strict=True):
        lines = curves[curves["axis"] == name]
        for place, method in enumerate(lines["method"].unique()):
            line = lines[lines["method"] == method]
            axes.plot(line["frequency"], line["coherence"], "o-", color=COLOURS[place], label=method, markersize=3)
        axes.axhline(0.5, color="0.6", linewidth=0.6)
        axes.set(xscale="log", xlabel=name, ylim=(0, 1))
    panels[0].set_ylabel("coherence")
    legend(panels[0])
    return figure


def limits_text(limits: pd.DataFrame) -> str:
    """Say where coherence falls below a half.

    Parameters
    ----------
    limits
        Method, axis, limit, low, high.

    Examples
    --------
    >>> limits_text(pd.DataFrame([{"method": "map", "axis": "hertz", "limit": 2.5, "low": 2.0, "high": 3.0}]))
    'map, hertz: 2.5 [2, 3]'
    """
    return "; ".join(
        f"{row['method']}, {row['axis']}: {_limit(row['limit'])} [{_end(row['low'])}, {_end(row['high'])}]"
        for row in limits.to_dict("records")
    )


def _limit(value: float) -> str:
    if value == float("inf"):
        return "above the highest band"
    return f"{value:.3g}" if value == value else "below the lowest band"


def _end(value: float) -> str:
    return "above" if value == float("inf") else f"{value:.3g}"


RESOLUTION = Study(
    "resolution",
    "Resolution in space and time",
    "Up to which spatial and temporal frequency do reconstructions follow the truth, published method and `map`?",
    conclude,
    jobs_for(conditions),
)
