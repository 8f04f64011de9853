"""Coherence with the truth by frequency, drawn and told."""

import pandas as pd
from matplotlib.figure import Figure

from reverie.studies.plates import COLOURS, column_figure, explain


def transfer_figure(curves: pd.DataFrame) -> Figure:
    """Draw coherence over frequency, a panel for each axis and a line for each method.

    curves: method, axis (what its frequencies are), frequency, coherence.
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
    explain(panels[0])
    return figure


def limits_text(limits: pd.DataFrame) -> str:
    """Say where coherence falls below a half; limits: method, axis, limit, low, high.

    >>> limits_text(pd.DataFrame([{"method": "map", "axis": "hertz", "limit": 2.5, "low": 2.0, "high": 3.0}]))
    'map: 2.5 hertz [2, 3]'
    """
    return "; ".join(
        f"{row['method']}: {_limit(row['limit'])} {row['axis']} [{_end(row['low'])}, {_end(row['high'])}]"
        for row in limits.to_dict("records")
    )


def _limit(value: float) -> str:
    if value == float("inf"):
        return "beyond the highest"
    return f"{value:.3g}" if value == value else "below the lowest"


def _end(value: float) -> str:
    return "beyond" if value == float("inf") else f"{value:.3g}"
