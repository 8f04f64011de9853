"""Kinds of simulated animals: named combinations of neurons, eyes and noise, and the parts that can be left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from reverie.foundation.errors import ReverieError
from reverie.simulation.cells import TruthConfig
from reverie.simulation.convolutional import ConvolutionalTruth, ConvolutionalTruthConfig
from reverie.simulation.noise import SessionNoise
from reverie.simulation.retina import RetinalTruth, RetinalTruthConfig
from reverie.simulation.true_encoder import TrueEncoder
from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig

FAMILIES: Mapping[type[TruthConfig], Callable[..., TrueEncoder]] = {
    SimulatedTruthConfig: SimulatedTruth,
    ConvolutionalTruthConfig: ConvolutionalTruth,
    RetinalTruthConfig: RetinalTruth,
}
"""The true encoder that each type of settings belongs to."""

Settings = TypeVar("Settings", TruthConfig, SessionNoise)


@dataclass(frozen=True)
class Kind:
    """A kind of simulated animal."""

    name: str
    """Name by which `find_kind` finds it."""
    truth: TruthConfig
    """Its neurons, eyes and indicator."""
    noise: SessionNoise
    """What sessions and trials add to true rates."""
    lacks: tuple[str, ...] = field(default=(), compare=False)
    """The ``PARTS`` that were left out, whether or not the kind had them."""

    def encoder(self, mice: Mapping[str, int], frame_size: tuple[int, int], seed: int) -> TrueEncoder:
        """Draw animals of this kind, numbers of neurons by name; raises ReverieError without animals or neurons."""
        return FAMILIES[type(self.truth)](replace(self.truth, seed=seed), mice, frame_size)

    def without(self, *parts: str) -> "Kind":
        """Return this kind without some of the ``PARTS``; raises ReverieError when a part is unknown."""
        kind = self
        for part in parts:
            if part not in PARTS:
                raise ReverieError(f"Simulated animals have no part {part!r}; their parts are {', '.join(PARTS)}.")
            kind = replace(kind, truth=_set(kind.truth, PARTS[part]), noise=_set(kind.noise, PARTS[part]))
        return replace(kind, lacks=(*self.lacks, *parts))


def _set(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with new values for those of the fields that they have."""
    own = {one.name for one in fields(settings)}
    return replace(settings, **{name: value for name, value in values.items() if name in own})


PARTS: Mapping[str, Mapping[str, Any]] = {
    "gaze": {"gaze_degrees": (0.0, 0.0)},
    "shared": {"shared": 0.0, "gain_spread": 0.6},
    "drift": {"gain_drift": 0.0, "tuning_drift": 0.0},
    "sizes": {"size_signal": 0.0},
    "neuropil": {"neuropil": 0.0},
    "scan": {"scan_hertz": 0.0},
    "tails": {"tail": 0.0, "silent": 0.0, "unresponsive": 0.0},
    "adaptation": {"adaptation": (0.0, 0.0)},
    "frame-gain": {"frame_gain": 0.0},
}
"""For each part, the settings of truth and noise that remove it; a kind without these settings never had the part."""

_KINDS = (
    Kind("default", SimulatedTruthConfig(), SessionNoise(level=12.0)),
    Kind("realistic", SimulatedTruthConfig(), SessionNoise(level=36.0)),
    Kind(
        "harsh",
        SimulatedTruthConfig(
            threshold=(-0.7, 0.4),
            running_gain=0.35,
            pupil_gain=0.25,
            gain_spread=1.0,
            silent=0.06,
            unresponsive=0.1,
            calcium_frames=1.0,
            scan_hertz=8.0,
            neuropil=0.12,
            gaze_degrees=(1.5, 4.0),
        ),
        SessionNoise(
            level=15.0,
            tail=0.6,
            size_signal=0.3,
            shared=0.55,
            gain_drift=0.3,
            tuning_drift=0.5,
            saccades=0.4,
            pupil_error=0.4,
        ),
    ),
    Kind(
        "outside",
        ConvolutionalTruthConfig(calcium_frames=2.2, gaze_degrees=(1.0, 3.0), gaze_share=0.5),
        SessionNoise(level=18.0, size_signal=0.15),
    ),
    Kind("retina", RetinalTruthConfig(), SessionNoise(spikes=True)),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
"""The kinds by name."""


def find_kind(name: str, without: Sequence[str] = ()) -> Kind:
    """Return a kind by name, without some of its parts; raises ReverieError when no kind has that name.

    >>> find_kind("harsh", without=["shared"]).noise.shared
    0.0
    """
    if name not in KINDS:
        raise ReverieError(f"No kind of simulated animal is called {name!r}; use {', '.join(KINDS)}.")
    return KINDS[name].without(*without)
