"""What the benchmark of kinds found, as tables."""

from typing import Final

import numpy as np
import pandas as pd

NUMBERS: Final = ("video", "dynamic", "pattern", "coverage_50", "coverage_80", "coverage_95", "passes", "seconds")
"""Columns of the table, means over clips."""

DEFAULT: Final = "combined"
"""What the others are held against."""

NOT_RIVALS: Final = ("map, animals joined", "combined, animals joined", "map, truth")
"""What sees more than the default does."""


def page_of(rows: pd.DataFrame) -> str:
    """Return the means by kind and method as a table in Markdown."""
    known = [name for name in NUMBERS if name in rows]
    lines = ["| kind | method | clips | " + " | ".join(known) + " |", "|---" * (3 + len(known)) + "|"]
    for (kind, method), group in rows.groupby(["kind", "method"], sort=False):
        cells = [_cell(name, float(group[name].mean())) for name in known]
        lines.append(f"| {kind} | {method} | {len(group)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def differences_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return, by kind, what the default has more than each rival on the clips of both, with its standard error.

    >>> rows = pd.DataFrame({"kind": "a", "method": ["combined", "map"], "clip": "1", "video": [0.75, 0.5]})
    >>> differences_of(rows)[["kind", "rival", "video", "clips"]].to_dict("records")
    [{'kind': 'a', 'rival': 'map', 'video': 0.25, 'clips': 1}]
    """
    found = []
    for kind, of_kind in rows.groupby("kind", sort=False):
        wide = of_kind.pivot_table(index="clip", columns="method", values="video")
        for rival in wide.columns.difference([DEFAULT, *NOT_RIVALS]):
            more = (wide[DEFAULT] - wide[rival]).dropna() if DEFAULT in wide else pd.Series(dtype=float)
            if len(more):
                error = float(more.std() / np.sqrt(len(more))) if len(more) > 1 else float("nan")
                found.append((kind, rival, float(more.mean()), error, len(more)))
    return pd.DataFrame(found, columns=["kind", "rival", "video", "error", "clips"])


def _cell(name: str, value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.0f}" if name == "passes" else f"{value:.1f}" if name == "seconds" else f"{value:.3f}"
