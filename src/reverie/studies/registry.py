"""All experiments by name, those of the paper in the order in which a results section tells them."""

from collections.abc import Mapping
from typing import Final

from reverie.studies.baselines import BASELINES
from reverie.studies.consistency import CONSISTENCY
from reverie.studies.ensembling import ENSEMBLING
from reverie.studies.errors import ERRORS
from reverie.studies.excite import EXCITE
from reverie.studies.experiment import Experiment
from reverie.studies.fields import FIELDS
from reverie.studies.gratings import GRATINGS
from reverie.studies.identify import IDENTIFY
from reverie.studies.masks import MASKS
from reverie.studies.methods import METHODS
from reverie.studies.natural import NATURAL
from reverie.studies.noise import NOISE
from reverie.studies.population import POPULATION
from reverie.studies.predicted import PREDICTED_RESPONSES
from reverie.studies.resolution import RESOLUTION

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
