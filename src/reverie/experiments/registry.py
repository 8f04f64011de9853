"""All experiments by name, in the order in which a results section tells them."""

from collections.abc import Mapping
from typing import Final

from reverie.experiments.experiment import Experiment
from reverie.experiments.natural import NATURAL

EXPERIMENTS: Final[Mapping[str, Experiment]] = {one.name: one for one in (NATURAL,)}

SUITE: Final = "paper"
"""The name that stands for all of them."""
