"""What reconstructions resolve: coherence with noise of every frequency that was shown, by method."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Movie
from reverie.jobs.job import Clip
from reverie.scoring.bootstrap import resample_clips
from reverie.scoring.coherence import Bands, Spectra, add_up, crossing, spectra_of
from reverie.scoring.rule import frames_to_skip, scored_region
from reverie.stimuli.noise import pink_noise
from reverie.studies.synthetic import frame_size_of
from reverie.studies.unseen_stimuli import shown_to

DRAWS = 500
"""Bootstrap samples over clips."""

COARSE, SLOW = 0.032, 2.5
"""Cycles per degree and hertz below which bands are pooled while the other axis is looked at."""


def noise_clips(materials: Materials, animals: int, count: int, frames: int) -> list[Clip]:
    """Return clips of pink noise shown to the first animals, the same movies to each."""
    size = frame_size_of(materials)
    movies = {
        f"pink noise {number}": pink_noise(
            frames, np.random.default_rng([materials.sources.seed, number]), frame_size=size
        )
        for number in range(count)
    }
    return [clip for animal in list(materials.recordings)[:animals] for clip in shown_to(materials, animal, movies)]


def spectra_of_clips(materials: Materials, movies: Mapping[Clip, Movie], bands: Bands) -> list[Spectra]:
    """Return the spectra of each clip and its reconstruction, inside the evaluation mask of its animal."""
    found = []
    for clip, movie in movies.items():
        mask, trial = materials.masks[clip.animal], clip.read(materials)
        region, scored = scored_region(mask), slice(frames_to_skip(trial.frames), None)
        rate = materials.recordings[clip.animal].frame_rate
        found.append(spectra_of(movie[scored], trial.movie[scored], region, bands, frame_rate=rate))
    return found


def coherence_table(spectra: Sequence[Spectra], bands: Bands) -> pd.DataFrame:
    """Return coherence over all clips: a row for each spatial band (cycles per degree), a column for each in hertz."""
    rows, columns = bands.spatial_centres.round(3).tolist(), bands.temporal_centres.round(1).tolist()
    return pd.DataFrame(add_up(spectra).coherence, rows, columns)


def as_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return such a table as a long one: cycles_per_degree, hertz, coherence."""
    wide = table.rename_axis("cycles_per_degree").reset_index()
    return wide.melt("cycles_per_degree", var_name="hertz", value_name="coherence")


def transfer(by_method: Mapping[str, Sequence[Spectra]], bands: Bands) -> pd.DataFrame:
    """Return coherence along both axes, by method: method, axis, frequency, coherence.

    Along one axis, bands of the other are pooled up to ``SLOW`` hertz or ``COARSE`` cycles per degree.
    """
    rows = []
    for method, spectra in by_method.items():
        for axis, centres, values in _curves(add_up(spectra), bands):
            rows += [
                {"method": method, "axis": axis, "frequency": frequency, "coherence": value}
                for frequency, value in zip(centres.tolist(), values.tolist(), strict=True)
            ]
    return pd.DataFrame(rows)


def limits(by_method: Mapping[str, Sequence[Spectra]], bands: Bands, seed: int) -> pd.DataFrame:
    """Return where coherence falls below a half: method, axis, limit, low and high (95 %, bootstrap over clips).

    A limit is infinite where coherence never falls so far, and NaN where it is never above.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for method, spectra in by_method.items():
        draws = resample_clips(len(spectra), DRAWS, generator)
        drawn = [
            _limits([spectra[int(place)] for place in np.repeat(np.arange(len(spectra)), draw)], bands)
            for draw in draws
        ]
        for axis, limit in _limits(spectra, bands).items():
            values = np.array([each[axis] for each in drawn])
            # Where not even the first band is coherent, the limit lies below it.
            low, high = np.quantile(np.nan_to_num(values, nan=0.0, posinf=np.inf), [0.025, 0.975], method="nearest")
            rows.append({"method": method, "axis": axis, "limit": limit, "low": low, "high": high})
    return pd.DataFrame(rows)


def _limits(spectra: Sequence[Spectra], bands: Bands) -> dict[str, float]:
    return {axis: crossing(centres, values) for axis, centres, values in _curves(add_up(spectra), bands)}


def _curves(summed: Spectra, bands: Bands) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return both axes: name, centres of the bands, coherence."""
    slow = slice(0, int(np.searchsorted(bands.temporal[1:], SLOW, side="right")))
    coarse = slice(0, int(np.searchsorted(bands.spatial[1:], COARSE, side="right")))
    space = [summed.pooled(slice(band, band + 1), slow).coherence[0, 0] for band in range(len(bands.spatial) - 1)]
    time = [summed.pooled(coarse, slice(band, band + 1)).coherence[0, 0] for band in range(len(bands.temporal) - 1)]
    return [
        ("cycles per degree", bands.spatial_centres, np.array(space)),
        ("hertz", bands.temporal_centres, np.array(time)),
    ]
