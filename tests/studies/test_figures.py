import numpy as np
import pandas as pd

from reverie.studies.figures import column_figure, grid_figure, vector_bytes


def test_tables_stand_side_by_side_with_their_numbers():
    table = pd.DataFrame([[0.53, np.nan], [-0.02, 1.0]], index=["32", "16"], columns=["0", "1"])
    figure = grid_figure({"paper": table, "here": table.iloc[:1]}, rows="σ (px)", columns="σ (frames)")
    left, right, bar = figure.axes
    assert [left.get_title(), right.get_title()] == ["paper", "here"]
    assert [text.get_text() for text in left.texts] == [".53", "−.02", "1.00"]
    assert [text.get_text() for text in right.texts] == [".53"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["32", "16"]
    assert (left.get_ylabel(), left.get_xlabel(), bar.get_ylabel()) == ("σ (px)", "σ (frames)", "video correlation")


def test_pdfs_embed_their_fonts_as_letters():
    figure, (axes,) = column_figure()
    axes.set_xlabel("spatial frequency")
    told = vector_bytes(figure, "pdf")
    assert b"/FontFile2" in told
    assert b"/Type3" not in told
