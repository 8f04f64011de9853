"""The numbers of a benchmark as text."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.comparisons import Comparison
from benchmarks.processes import Sharing
from benchmarks.report import Report

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


def sentences_of(report: Report) -> list[str]:
    """Say what no table shows: the share of the machine's rate, how costs grow, memory, threads and processes."""
    inference, threads = report.inference, next(each for each in report.scalings if each.name == "threads")
    apart = max(value for line in inference.lines for value in line.apart.values())
    return [
        f"A pass does {inference.pass_rate / 1e9:.0f} of the {inference.matrix_rate / 1e9:.0f} billion operations a "
        f"second of a large matrix product here: {inference.share:.0%}.",
        f"Rates and gradients of both differ by at most {apart:.1e} of the largest value.",
        *(
            f"A step grows by {scaling.slope:.3g} s for each of the {scaling.name}, beside {scaling.constant:.3g} s "
            f"(a straight line explains {scaling.explained:.2%})."
            for scaling in report.scalings
            if scaling.explained
        ),
        f"A step of one window, full size, takes {_listed(threads.values, '.3g')} s with {_listed(threads.at)} "
        "threads.",
        *_about_processes(report.sharing),
        *_about_memory("counted by tensors", dict(zip(report.peak.at, report.peak.values, strict=True))),
        *_about_memory("by the system's own count", report.resident),
    ]


def _about_memory(how: str, peaks: Mapping[float, float | None]) -> list[str]:
    known = {frames: peak / 2**30 for frames, peak in peaks.items() if peak is not None}
    if not known:
        return []
    return [
        f"At its peak a step takes {_listed(known.values(), '.2f')} GiB for clips of {_listed(known)} frames, beside "
        f"what was there, {how}."
    ]


def _about_processes(sharing: Sharing | None) -> list[str]:
    if sharing is None:
        return []
    return [
        f"{sharing.processes} processes of one thread each do such a step every {sharing.processes_apart:.3g} s, one "
        f"process with all threads every {sharing.threads_together:.3g} s."
    ]


def _listed(values: Iterable[float], form: str = ".0f") -> str:
    return ", ".join(format(value, form) for value in values)


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
