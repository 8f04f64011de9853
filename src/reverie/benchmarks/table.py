"""The numbers of a benchmark as text."""

from collections.abc import Sequence

from reverie.benchmarks.comparisons import Comparison, Inference
from reverie.benchmarks.scaling import Scaling

HEADER = ("", "times faster", "lowest-highest", "by processor time", "published s", "ours s")

Row = tuple[str, ...]


def rows_of(lines: Sequence[Comparison]) -> list[Row]:
    """Return one row for each comparison, as the header names the columns."""
    return [
        (
            line.name,
            f"{line.ratio.typical:.1f}",
            f"{line.ratio.lowest:.1f}-{line.ratio.highest:.1f}",
            f"{line.ratio.processor:.1f}",
            f"{line.published.typical:.3g}",
            f"{line.ours.typical:.3g}",
        )
        for line in lines
    ]


def sentences_of(inference: Inference, scalings: Sequence[Scaling], peak: Scaling) -> list[str]:
    """Say what no table shows: the share of the machine's rate, how costs grow, peak memory."""
    apart = max(value for line in inference.lines for value in line.apart.values())
    return [
        f"A pass does {inference.pass_rate / 1e9:.0f} of the {inference.matrix_rate / 1e9:.0f} billion operations a "
        f"second of a large matrix product here: {inference.share:.0%}.",
        f"Rates and gradients of both differ by at most {apart:.1e} of the largest value.",
        *(
            f"A step grows by {scaling.slope:.3g} s for each of the {scaling.name}, beside {scaling.constant:.3g} s "
            f"(a straight line explains {scaling.explained:.2%})."
            for scaling in scalings
            if scaling.explained
        ),
        "At its peak a step takes "
        + ", ".join(f"{value / 2**30:.2f} GiB" for value in peak.values)
        + f" for clips of {', '.join(f'{frames:.0f}' for frames in peak.at)} frames, beside the weights.",
    ]


def table_of(rows: Sequence[Row]) -> str:
    """Lay rows out in columns under the header.

    >>> print(table_of([("a pass", "5.0", "4.0-6.0", "5.0", "1", "0.2")]).splitlines()[1])
    a pass            5.0          4.0-6.0                 5.0             1      0.2
    """
    every = [HEADER, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(HEADER))]
    return "\n".join(_aligned(row, widths) for row in every)


def _aligned(row: Row, widths: Sequence[int]) -> str:
    numbers = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
    return "   ".join([row[0].ljust(widths[0]), *numbers])
