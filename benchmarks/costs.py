"""What each verb takes as neurons, animals, trials and clips grow: seconds of the processor, and memory.

``python -m benchmarks.costs FOLDER`` makes simulated labs that differ from a small one in one size at a time, works
with each verb by verb, every verb in a process of its own, and writes FOLDER/costs.csv, the straight lines that fit it,
and a figure. ``--only 5x8000x100x300`` does the lab of so many animals, neurons, training trials and frames alone. What
stands in FOLDER/costs.csv already is not measured again.
"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

from benchmarks.long_session import measured
from benchmarks.scaling import fitted
from reverie.foundation.files import write_text


@dataclass(frozen=True)
class Lab:
    """The sizes of a simulated lab: its animals, and the neurons, training trials and frames of a trial of each."""

    animals: int = 1
    neurons: int = 1000
    trials: int = 24
    frames: int = 300

    @property
    def name(self) -> str:
        """The sizes in a word."""
        return "x".join(map(str, astuple(self)))

    @staticmethod
    def named(word: str) -> "Lab":
        """Return the lab that has this name."""
        return Lab(*map(int, word.split("x")))


SMALL: Final = Lab()

LARGER: Final = {"animals": (2, 3), "neurons": (2000, 4000, 8000), "trials": (48, 96), "frames": (150, 600)}
"""What each size of the small lab is changed to, the others staying."""

LABS: Final = (SMALL, *(replace(SMALL, **{name: size}) for name, sizes in LARGER.items() for size in sizes))


def work_with(lab: Lab, folder: Path, steps: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the verbs from nothing to a page of one clip, each with what it is told."""
    data, encoder, run = (str(folder / name) for name in ("data", "encoder", "run"))
    sizes = ("--animals", str(lab.animals), "--neurons", str(lab.neurons), "--train", str(lab.trials))
    yield "simulate", ("--out", data, *sizes, "--frames", str(lab.frames), "--oracle", "6", "--test", "1")
    yield "train", (data, "--out", encoder, "--architecture", "compact", "--preset", "small", "--steps", str(steps))
    yield "fit", (data, encoder, "--animals", "mouse1", "--parts", "weights")
    clip = (data, encoder, "--animal", "mouse1", "--trials", "live_test_main", "--no-calibrated")
    yield "reconstruct", (*clip, "--out", run)
    yield "evaluate", (run,)
    yield "report", (run,)


def measure(lab: Lab, folder: Path, steps: int) -> pd.DataFrame:
    """Return a row a verb; what was made is deleted."""
    place = folder / lab.name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    rows = [
        {"lab": lab.name, **asdict(lab), **asdict(measured(verb, *words))}
        for verb, words in work_with(lab, place, steps)
    ]
    shutil.rmtree(place)
    return pd.DataFrame(rows)


def lines(table: pd.DataFrame) -> pd.DataFrame:
    """Return how processor time and memory of each verb grow with each size, by least squares."""
    found = []
    for size in LARGER:
        labs = [SMALL.name, *(replace(SMALL, **{size: value}).name for value in LARGER[size])]
        for verb, rows in table[table.lab.isin(labs)].groupby("verb", sort=False):
            for name, unit in (("processor_seconds", "s"), ("gibibytes", "GiB")):
                line = fitted(name, unit, list(rows[size]), list(rows[name]))
                found.append((size, verb, name, line.constant, line.slope, line.explained))
    return pd.DataFrame(found, columns=["size", "verb", "what", "constant", "slope", "explained"])


def draw(table: pd.DataFrame, path: Path) -> None:
    """Write a figure: processor time and memory of each verb against each size."""
    figure, axes = plt.subplots(2, len(LARGER), figsize=(11, 5), sharey="row", layout="constrained")
    for column, size in enumerate(LARGER):
        labs = [SMALL.name, *(replace(SMALL, **{size: value}).name for value in LARGER[size])]
        for verb in table.verb.unique():  # in the same order everywhere, so that colours are the same
            rows = table[table.lab.isin(labs) & (table.verb == verb)].sort_values(size)
            axes[0, column].plot(rows[size], rows.processor_seconds, "o-", label=verb, markersize=3)
            axes[1, column].plot(rows[size], rows.gibibytes, "o-", markersize=3)
        axes[1, column].set(xlabel=size)
    axes[0, 0].set(yscale="log")
    axes[1, 0].set(ylim=(0, None))
    axes[0, 0].set(ylabel="processor time (s)")
    axes[1, 0].set(ylabel="peak of memory (GiB)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Measure what was not measured yet; write table, lines and figure, and print the first two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", type=Lab.named, help="one lab: ANIMALSxNEURONSxTRIALSxFRAMES")
    parser.add_argument("--steps", type=int, default=60, help="steps of training")
    asked = parser.parse_args()
    kept = asked.folder / "costs.csv"
    table = pd.read_csv(kept) if kept.exists() else pd.DataFrame(columns=["lab"])
    for lab in [asked.only] if asked.only else LABS:
        if lab.name not in set(table.lab):
            table = pd.concat([table, measure(lab, asked.folder, asked.steps)], ignore_index=True)
            write_text(kept, table.to_csv(index=False))
    print(table.to_string(index=False))
    if {lab.name for lab in LABS} <= set(table.lab):
        print(lines(table).to_string(index=False, float_format="%.4g"))
        draw(table, asked.folder / "costs.svg")


if __name__ == "__main__":
    main()
