import numpy as np
import pandas as pd
import pytest

from reverie.inversion.postprocessing import blur
from reverie.scoring.coherence import SPATIAL, TEMPORAL
from reverie.studies.resolution import (
    as_rows,
    coherence_table,
    limits,
    limits_text,
    noise_clips,
    spectra_of_clips,
    transfer,
    transfer_figure,
)


@pytest.fixture(scope="module")
def spectra(session):
    clips = noise_clips(session, animals=1, count=3, frames=150)
    generator = np.random.default_rng(0)

    def hidden(movie, sigma):
        return (blur(movie, sigma) + generator.normal(0, 4, movie.shape)).astype(np.float32)

    return {
        name: spectra_of_clips(session, {clip: hidden(clip.movie, sigma) for clip in clips})
        for name, sigma in (("sharp", 0.7), ("blurred", 1.5))
    }


def test_a_sharper_movie_reaches_further_along_both_axes(spectra):
    found = limits(spectra, seed=0).set_index(["method", "axis"])
    for axis in ("cycles per degree", "hertz"):
        assert found.loc[("sharp", axis), "limit"] > found.loc[("blurred", axis), "limit"] > 0
    row = found.loc[("blurred", "cycles per degree")]
    assert row["low"] <= row["limit"] <= row["high"]


def test_curves_fall_and_have_a_point_a_band(spectra):
    curves = transfer(spectra)
    assert len(curves) == 2 * (len(SPATIAL) + len(TEMPORAL) - 2)
    blurred = curves[(curves["method"] == "blurred") & (curves["axis"] == "hertz")]["coherence"].to_numpy()
    assert blurred[0] > 0.9
    assert blurred[-1] < 0.3


def test_the_table_has_a_cell_for_each_pair_of_bands(spectra):
    table = coherence_table(spectra["sharp"])
    assert table.shape == (len(SPATIAL) - 1, len(TEMPORAL) - 1)
    rows = as_rows(table)
    cell = rows[(rows["cycles_per_degree"] == table.index[2]) & (rows["hertz"] == table.columns[3])]
    assert cell["coherence"].item() == table.iloc[2, 3]


def test_every_axis_has_a_panel_and_every_method_a_line():
    rows = [
        {"method": method, "axis": axis, "frequency": frequency, "coherence": 1 / frequency}
        for method in ("a", "b")
        for axis in ("hertz", "cycles per degree")
        for frequency in (1.0, 2.0, 4.0)
    ]
    figure = transfer_figure(pd.DataFrame(rows))
    assert [panel.get_xlabel() for panel in figure.axes] == ["hertz", "cycles per degree"]
    # Two methods and the line at a half.
    assert [len(panel.lines) for panel in figure.axes] == [3, 3]


def test_limits_beyond_the_bands_are_told_in_words():
    rows = [
        {"method": "a", "axis": "hertz", "limit": limit, "low": 1.0, "high": high}
        for limit, high in ((1.5, 2.0), (float("inf"), float("inf")), (float("nan"), 2.0))
    ]
    told = limits_text(pd.DataFrame(rows))
    assert told.split("; ") == [
        "a, hertz: 1.5 [1, 2]",
        "a, hertz: above the highest band [1, above]",
        "a, hertz: below the lowest band [1, 2]",
    ]


def test_every_animal_is_shown_the_same_noise(session):
    clips = noise_clips(session, animals=1, count=2, frames=40)
    assert [clip.animal for clip in clips] == ["mouse"] * 2
    assert clips[0].movie.shape == (40, 16, 24)
    assert not np.array_equal(clips[0].movie, clips[1].movie)
