"""What an experiment is: a question, the reconstructions it needs, and what is concluded from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from reverie.jobs.job import Job
from reverie.studies.experiment_page import Beside
from reverie.studies.laboratory import Laboratory
from reverie.studies.plates import column_figure, draw_groups


@dataclass(frozen=True)
class Picture:
    """A figure to be saved. name: of its files. data: all that is drawn in it, for the csv beside it."""

    name: str
    caption: str
    figure: Figure
    data: pd.DataFrame


def groups_picture(name: str, caption: str, scores: pd.DataFrame, summary: pd.DataFrame, score: str) -> Picture:
    """Draw a score of every clip by condition, with means and intervals, in the summary's order."""
    figure, (axes,) = column_figure()
    draw_groups(axes, scores, summary, score, summary["condition"].tolist())
    axes.axhline(0, color="0.7", linewidth=0.6, zorder=0)
    axes.set_ylabel(f"{score.replace('_', ' ')} r")
    caption += ": each small mark is a clip (shapes are animals), the large one the mean with its 95 % interval."
    return Picture(name, caption, figure, scores)


@dataclass(frozen=True)
class Findings:
    """What came out. sentences: the finding first. comparison: ours beside the paper's. links: further pages.

    tables: by their captions, shown in full.
    """

    sentences: Sequence[str]
    pictures: Sequence[Picture]
    comparison: Sequence[Beside] = ()
    links: Mapping[str, Path] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """One question.

    plan: the jobs it needs, which are done before ``conclude`` is asked for the findings; both may raise ReverieError
    when the question cannot be asked of the materials. A job that another experiment needs too is done once. sized: the
    laboratory as the question wants it, where it wants other clips or stops than the scale says.
    """

    name: str
    title: str
    question: str
    plan: Callable[[Laboratory], Sequence[Job]]
    conclude: Callable[[Laboratory], Findings]
    sized: Callable[[Laboratory], Laboratory] = lambda laboratory: laboratory
