"""The verbs of the command line; their options stand beside this file, what they do lives in the rooms below.

What they do is imported only when a verb runs, because they load torch and ``--help`` should answer at once.
"""

from typing import Protocol, runtime_checkable

from reverie.cli.encoder_verbs import ImportWeights, Mask, Predict, Train
from reverie.cli.experiment_verbs import Experiment
from reverie.cli.recording_verbs import Download, Inspect, Simulate
from reverie.cli.run_verbs import Demo, Evaluate, Reconstruct, Report


@runtime_checkable
class Verb(Protocol):
    """One thing the program can be told to do."""

    def run(self) -> None:
        """Do it."""


VERBS = (
    Simulate,
    Inspect,
    Download,
    Train,
    ImportWeights,
    Predict,
    Mask,
    Reconstruct,
    Evaluate,
    Report,
    Experiment,
    Demo,
)
"""All verbs, in the order the help shows them."""
