"""Sorted spikes in the format of phy, Kilosort and SpikeInterface, or ALF, with a table of what was shown."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.files import read_npy
from reverie.foundation.placeholders import read_start
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.readers.shown_movies import agreed_rate, recorded_with_files, table_too
from reverie.recordings.readers.tables import read_csv, words
from reverie.recordings.reading import Reading
from reverie.recordings.signals import SpikeTrains

FILES = (
    ("spike_times.npy", "spike_clusters.npy"),
    ("spike_times.npy", "spike_templates.npy"),
    ("spikes.times.npy", "spikes.clusters.npy"),
)
"""Files of spikes and of the cluster of each. Where nothing was merged or split by hand, templates are the clusters."""

IN_SECONDS = "spikes.times.npy"
"""The file that, in the format ALF, holds seconds instead of samples."""

LABELS = (
    ("cluster_group.tsv", "group"),
    ("cluster_groups.csv", "group"),
    ("cluster_info.tsv", "group"),
    ("cluster_KSLabel.tsv", "kslabel"),
    ("cluster_info.tsv", "kslabel"),
)
"""Tables that label single units, the curated one first, and the column of the label, in
lower case."""

NUMBERS = ("cluster_id", "id")
"""Names of their column of cluster numbers."""

GOOD = "good"
"""Label of single units."""

UNJUDGED = {"unsorted", ""}
"""Labels of clusters that were not curated yet; where all clusters have them, the table is not used."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path holds no sorted spikes, None where it does."""
    if not path.is_dir():
        return "it is not a folder"
    if _files(path) is None:
        return f"it holds no {' and '.join(FILES[0])}"
    return None


def _files(place: Path) -> tuple[Path, Path] | None:
    """Return the files of spikes and of clusters in a folder, None where it holds none."""
    pairs = [(place / times, place / clusters) for times, clusters in FILES]
    return next((pair for pair in pairs if all(path.exists() for path in pair)), None)


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open the spikes; raises ReverieError when the files do not fit each other, or the sampling rate is not known."""
    files = _files(place)
    assert files is not None
    seconds = files[0].name == IN_SECONDS or reading.rate == 1
    rate = 1.0 if seconds else agreed_rate(reading, _sample_rate(place / "params.py"), place)
    samples = _numbers(files[0], "samples of the probe (give --rate 1 where they are seconds)", whole=not seconds)
    clusters = _numbers(files[1], "numbers of clusters", whole=True)
    if len(samples) != len(clusters):
        raise ReverieError(
            f"{files[0]} holds {len(samples)} spikes but {files[1].name} {len(clusters)}; they are not of one sorting."
        )
    if rate is None:
        raise ReverieError(
            f"{place} does not say how often the probe was sampled; give --rate (in Hz, such as "
            f"30000){table_too(reading)}."
        )
    times = samples.astype(np.float64) / rate
    units, note = _units(place, clusters)
    order = np.argsort(clusters, kind="stable")  # in the order of the file, which shows whether a clock started over
    sorted_clusters, sorted_times = clusters[order], times[order]
    begins, ends = np.searchsorted(sorted_clusters, units), np.searchsorted(sorted_clusters, units, side="right")
    trains = [sorted_times[begin:end] for begin, end in zip(begins, ends, strict=True)]
    spikes = SpikeTrains(str(files[0]), trains, recorded=(0.0, float(times.max(initial=0.0))))
    return ClockedSource(recorded_with_files(place.resolve().name, place, [spikes], note, reading), reading)


def _numbers(path: Path, what: str, *, whole: bool) -> np.ndarray:
    """Read a number per spike, a whole one unless seconds are meant; raises ReverieError for anything else."""
    values = read_npy(path, memory_map=False).ravel()
    if values.dtype.kind not in "fiu" or not (np.isfinite(values).all() and (not whole or (values % 1 == 0).all())):
        raise ReverieError(f"{path} should hold {'whole ' if whole else ''}numbers: {what}.")
    return values


def _units(place: Path, clusters: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the clusters that are single units, and how they were chosen."""
    for file, column in LABELS:
        if not (place / file).exists():
            continue
        table = read_csv(place / file)
        numbers = next((name for name in NUMBERS if name in table), None)
        if numbers is None or column not in table:
            continue
        labels = np.array([word.casefold() for word in words(table, column)], dtype=object)
        if set(labels) <= UNJUDGED:
            continue
        good = table.loc[labels == GOOD, numbers]
        units = np.intersect1d(pd.to_numeric(good, errors="coerce").dropna(), clusters)
        if not len(units):
            raise ReverieError(f"{place / file} calls no cluster with spikes {GOOD!r}; curate it, or remove it.")
        return units, f"{place}: {counted(len(units), 'cluster')} called {GOOD!r} in {file}."
    units = np.unique(clusters)
    return units, f"{place}: all {len(units)} clusters, since no table says which are single units."


def _sample_rate(path: Path) -> float | None:
    """Return the sampling rate in phy's ``params.py``, which is read as text and never run."""
    if not path.exists():
        return None
    read_start(path)
    # A Python number, such as 30_000.0; no part of any other text counts as a number. Paths beside it are in any code.
    text = path.read_text(encoding="latin-1")
    found = re.search(r"^\s*sample_rate\s*=\s*([0-9][0-9_.eE+]*)\s*(?:#.*)?$", text, re.MULTILINE)
    try:
        return float(found[1]) or None if found else None
    except ValueError:
        return None
