"""The outline of a mask, drawn along the edges of its pixels."""

import numpy as np

from reverie.scoring.correlation import Region


def outline(region: Region) -> str:
    """Return the edges between inside and outside as an SVG path in pixel units; the picture's own edge counts.

    >>> outline(np.array([[True]]))
    'M0 0h1M0 1h1M0 0v1M1 0v1'
    """
    padded = np.pad(region, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    return "".join([_runs(across, "h"), _runs(down[:, ::-1], "v")])


def cover(region: Region) -> str:
    """Return the pixels outside as an SVG path of whole runs of pixels, to be filled.

    >>> cover(np.array([[True, False, False], [True, True, True]]))
    'M1 0h2v1h-2z'
    """
    parts = []
    for line, start, length in _spans(np.argwhere(~region)):
        parts.append(f"M{start} {line}h{length}v1h-{length}z")
    return "".join(parts)


def _runs(places: np.ndarray, direction: str) -> str:
    parts = []
    for line, start, length in _spans(places):
        x, y = (start, line) if direction == "h" else (line, start)
        parts.append(f"M{x} {y}{direction}{length}")
    return "".join(parts)


def _spans(places: np.ndarray) -> list[tuple[int, int, int]]:
    """Join (line, place) pairs that follow each other on a line into (line, first place, length)."""
    if not len(places):
        return []
    places = places[np.lexsort((places[:, 1], places[:, 0]))]
    breaks = np.flatnonzero((np.diff(places[:, 0]) != 0) | (np.diff(places[:, 1]) != 1)) + 1
    starts = np.concatenate([[0], breaks])
    lengths = np.diff(np.append(starts, len(places)))
    return [(int(line), int(first), int(length)) for (line, first), length in zip(places[starts], lengths, strict=True)]
