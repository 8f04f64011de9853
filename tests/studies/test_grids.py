import numpy as np
import pandas as pd

from reverie.studies.grids import activity_figure, grid_figure, stacks_figure


def test_tables_stand_side_by_side_with_their_numbers():
    table = pd.DataFrame([[0.53, np.nan], [-0.02, 1.0]], index=["32", "16"], columns=["0", "1"])
    figure = grid_figure({"paper": table, "here": table.iloc[:1]}, rows="σ (px)", columns="σ (frames)")
    left, right, bar = figure.axes
    assert [left.get_title(), right.get_title()] == ["paper", "here"]
    assert [text.get_text() for text in left.texts] == [".53", "−.02", "1.00"]
    assert [text.get_text() for text in right.texts] == [".53"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["32", "16"]
    assert (left.get_ylabel(), left.get_xlabel(), bar.get_ylabel()) == ("σ (px)", "σ (frames)", "video correlation")


def test_only_the_average_of_most_models_is_drawn_against_its_stimulus():
    names = [f"{name}_{of}" for name in ("motion_energy", "entropy") for of in ("truth", "reconstruction")]
    scores = pd.DataFrame([[1, 9.0, 9.0, 9.0, 9.0], [2, 4.0, 3.0, 2.0, 1.0]], columns=["models", *names])
    left, right = activity_figure(scores).axes
    assert [axes.lines[1].get_xydata().tolist() for axes in (left, right)] == [[[4.0, 3.0]], [[2.0, 1.0]]]


def test_two_stacks_of_a_movie_that_flips_stand_still():
    movie = np.zeros((8, 4, 6), dtype=np.float32)
    movie[1::2] = 255.0
    whole, even, odd = (axes.get_images()[0].get_array() for axes in stacks_figure(movie).axes)
    assert whole.shape == (8, 6)
    assert even.std() == odd.std() == 0
    assert odd.mean() == 255
