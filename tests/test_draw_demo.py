"""The README's picture: the frames of the truth and of both runs, each run's scored pixels surrounded by a line."""

from pathlib import Path

import numpy as np
from tests.fixtures import SmallWorld
from tools.draw_demo import ROWS, draw

import reverie as rv
from reverie.foundation.arrays import FRAME_SIZE
from reverie.reporting.pictures import evenly_placed


def test_a_row_shows_its_own_run_at_the_same_moments(small_world: SmallWorld, tmp_path: Path) -> None:
    truth = rv.open(small_world.data)["alpha"].trial("6").known_movie
    greys = {run: grey for grey, run in enumerate(ROWS.values(), start=50)}
    for run, grey in greys.items():
        place = tmp_path / run / "alpha" / "6"
        place.mkdir(parents=True)
        np.savez(place / "movie.npz", frames=np.full(truth.shape, grey, np.float32), mask=np.eye(*FRAME_SIZE))
    panels = draw(tmp_path, animal="alpha", trial="6", count=3).axes
    shown = [axes.images[0].get_array() for axes in panels]
    assert len(shown) == 9
    for picture, frame, axes in zip(shown[:3], evenly_placed(len(truth), 3), panels[6:], strict=True):
        np.testing.assert_array_equal(picture, truth[frame])
        assert axes.get_xlabel() == f"{frame / 30:.1f} s"
    assert [float(np.mean(picture)) for picture in shown[3::3]] == list(greys.values())
    assert [bool(axes.collections) for axes in panels[::3]] == [False, True, True]
