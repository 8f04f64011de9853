"""What a study is: a question, the reconstructions it needs, and what is concluded from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from reverie.jobs.job import Job
from reverie.studies.figures import column_figure, draw_groups
from reverie.studies.setup import Setup


@dataclass(frozen=True)
class Picture:
    """A figure to be saved."""

    name: str
    """Name of its files, without their endings."""
    caption: str
    figure: Figure
    data: pd.DataFrame
    """Everything drawn in it, for the csv beside it."""


def groups_picture(name: str, caption: str, scores: pd.DataFrame, summary: pd.DataFrame, score: str) -> Picture:
    """Draw a score of every clip by condition, with means and intervals, in the summary's order."""
    figure, (axes,) = column_figure()
    draw_groups(axes, scores, summary, score, summary["condition"].tolist())
    axes.axhline(0, color="0.7", linewidth=0.6, zorder=0)
    axes.set_ylabel(f"{score.replace('_', ' ')} r")
    caption += ": each small mark is a clip (shapes are animals), the large one the mean with its 95 % interval."
    return Picture(name, caption, figure, scores)


@dataclass(frozen=True)
class PaperComparison:
    """One quantity, as text: measured here, and published in the paper."""

    quantity: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Findings:
    """The results of a study."""

    sentences: Sequence[str]
    """Sentences, the finding first."""
    pictures: Sequence[Picture]
    """Figures, each with its caption and its data."""
    comparison: Sequence[PaperComparison] = ()
    """Our numbers and the paper's."""
    links: Mapping[str, Path] = field(default_factory=dict)
    """Further pages and files, by the text of the link."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables that the page shows in full, by their captions."""


def no_jobs(setup: Setup) -> list[Job]:
    """Plan nothing: for a study that needs no reconstruction."""
    return []


def unchanged(setup: Setup) -> Setup:
    """Return the setup unchanged: clips and stops as its scale says."""
    return setup


@dataclass(frozen=True)
class Question:
    """What is asked."""

    name: str
    """Name on the command line, and of the folder of its page."""
    title: str
    question: str
    """What the page says above the findings."""


@dataclass(frozen=True)
class Study(Question):
    """One question about the trials of a session.

    ``plan`` and ``conclude`` raise NotApplicable when the question does not apply to the session.
    """

    conclude: Callable[[Setup], Findings]
    """Makes the findings; called when the jobs are done."""
    plan: Callable[[Setup], Sequence[Job]] = no_jobs
    """Returns the jobs that are needed. A job that another study needs too is done once."""
    adjusted: Callable[[Setup], Setup] = unchanged
    """Returns the setup with other clips, stops or encoders, for a question that needs them."""
