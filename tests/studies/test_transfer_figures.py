import pandas as pd

from reverie.studies.transfer_figures import limits_text, transfer_figure


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
        "a: 1.5 hertz [1, 2]",
        "a: beyond the highest hertz [1, beyond]",
        "a: below the lowest hertz [1, 2]",
    ]
