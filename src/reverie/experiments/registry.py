"""All experiments by name, those of the paper in the order in which a results section tells them."""

from collections.abc import Mapping
from typing import Final

from reverie.experiments.baselines import BASELINES
from reverie.experiments.consistency import CONSISTENCY
from reverie.experiments.ensembling import ENSEMBLING
from reverie.experiments.errors import ERRORS
from reverie.experiments.excite import EXCITE
from reverie.experiments.experiment import Experiment
from reverie.experiments.fields import FIELDS
from reverie.experiments.gratings import GRATINGS
from reverie.experiments.identify import IDENTIFY
from reverie.experiments.masks import MASKS
from reverie.experiments.methods import METHODS
from reverie.experiments.natural import NATURAL
from reverie.experiments.noise import NOISE
from reverie.experiments.population import POPULATION
from reverie.experiments.predicted import PREDICTED_RESPONSES
from reverie.experiments.resolution import RESOLUTION

PAPER: Final = (
    NATURAL,
    ENSEMBLING,
    POPULATION,
    MASKS,
    PREDICTED_RESPONSES,
    NOISE,
    GRATINGS,
    FIELDS,
    CONSISTENCY,
    ERRORS,
    BASELINES,
)
"""The questions of the paper, and of its reviewers."""

EXPERIMENTS: Final[Mapping[str, Experiment]] = {
    one.name: one for one in (*PAPER, METHODS, IDENTIFY, RESOLUTION, EXCITE)
}

SUITE: Final = "paper"
"""The name that stands for all questions of the paper."""
