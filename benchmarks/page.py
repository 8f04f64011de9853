"""The page of a benchmark: self-contained, in the colours of the reports."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from io import StringIO
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.scaling import Scaling
from benchmarks.table import HEADER, Row
from reverie.foundation.files import write_text
from reverie.reporting.figures import PAGE_WIDTH

SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,"><title>Benchmark · reverie</title><style>{style}
.plots svg {{ background: #fdfcfa; border-radius: 6px; max-width: 100%; height: auto; margin: 0 0.5rem 0.5rem 0; }}
</style></head>
<body><header class="masthead"><p class="brand">reverie</p><h1>Benchmark</h1>{sentences}</header>
<main><section><h2>Beside the published arithmetic</h2><div class="card scroll"><table>{table}</table></div></section>
<section><h2>How costs grow</h2><div class="plots">{plots}</div></section>
<section><h2>Where it ran</h2><div class="card scroll"><table>{machine}</table></div></section></main></body></html>
"""


def write_benchmark_page(
    path: Path,
    *,
    sentences: Sequence[str],
    rows: Sequence[Row],
    scalings: Sequence[Scaling],
    machine: Mapping[str, object],
) -> None:
    """Write the page whole or not at all; it asks the network for nothing."""
    page = SHELL.format(
        style=files("reverie.reporting").joinpath("templates", "report.css").read_text(encoding="utf-8"),
        sentences="".join(f'<p class="lead">{escape(sentence)}</p>' for sentence in sentences),
        table=_row(HEADER, "th") + "".join(_row(row, "td") for row in rows),
        plots="".join(plot_of(scaling) for scaling in scalings),
        machine="".join(_row((name, str(value)), "td") for name, value in machine.items()),
    )
    write_text(path, page)


def plot_of(scaling: Scaling) -> str:
    """Draw one growth as a scalable picture: what was measured, and the straight line that fits best."""
    figure = Figure(figsize=(PAGE_WIDTH / 1.6, PAGE_WIDTH / 2.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(scaling.at, scaling.values, "o", color="#0a5a80", markersize=4)
    if scaling.explained:
        line = [scaling.slope * at + scaling.constant for at in scaling.at]
        axes.plot(scaling.at, line, color="#c14f00", linewidth=1)
    axes.set_xlabel(scaling.name, fontsize=8)
    axes.set_ylabel("seconds a step" if scaling.unit == "s" else scaling.unit, fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
