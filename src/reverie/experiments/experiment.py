"""What an experiment is: a question, the reconstructions it needs, and what is concluded from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from reverie.experiments.laboratory import Laboratory
from reverie.report.experiment_page import Beside
from reverie.workflows.jobs import Job


@dataclass(frozen=True)
class Picture:
    """A figure to be saved. name: of its files. data: all that is drawn in it, for the csv beside it."""

    name: str
    caption: str
    figure: Figure
    data: pd.DataFrame


@dataclass(frozen=True)
class Findings:
    """What came out. sentences: the finding first. comparison: ours beside the paper's. links: further pages."""

    sentences: Sequence[str]
    pictures: Sequence[Picture]
    comparison: Sequence[Beside] = ()
    links: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """One question.

    plan: the jobs it needs, which are done before ``conclude`` is asked for the findings; both may raise ReverieError
    when the question cannot be asked of the materials. A job that another experiment needs too is done once.
    """

    name: str
    title: str
    question: str
    plan: Callable[[Laboratory], Sequence[Job]]
    conclude: Callable[[Laboratory], Findings]
