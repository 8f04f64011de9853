"""Kinds of simulated animals: which neurons, eyes and noise go together under a name, and what can be left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reverie.foundation.errors import ReverieError
from reverie.simulation.convolutional import ConvolutionalTruth, ConvolutionalTruthConfig
from reverie.simulation.names import KindName, PartName
from reverie.simulation.noise import SessionNoise
from reverie.simulation.population import SimulatedTruthConfig
from reverie.simulation.settings import TruthConfig
from reverie.simulation.true_encoder import TrueEncoder
from reverie.simulation.truth import SimulatedTruth

FAMILIES: Final[Mapping[type[TruthConfig], Callable[..., TrueEncoder]]] = {
    SimulatedTruthConfig: SimulatedTruth,
    ConvolutionalTruthConfig: ConvolutionalTruth,
}
"""The truth that each type of settings is of."""


@dataclass(frozen=True)
class Kind:
    """What sort of animal: truth: its neurons, eyes and indicator. noise: what each trial adds."""

    truth: TruthConfig
    noise: SessionNoise

    def encoder(self, mice: Mapping[str, int], frame_size: tuple[int, int], seed: int) -> TrueEncoder:
        """Draw animals of this kind: neurons by name; raises ReverieError without any."""
        return FAMILIES[type(self.truth)](replace(self.truth, seed=seed), mice, frame_size)

    def without(self, *parts: PartName) -> "Kind":
        """Return this kind less some of the ``PARTS``; raises ReverieError when there is no such part."""
        kind = self
        for part in parts:
            if part not in PARTS:
                raise ReverieError(
                    f"Simulated animals have no part {part!r}; what can be left out: {', '.join(PARTS)}."
                )
            kind = PARTS[part](kind)
        return kind


PARTS: Final[Mapping[PartName, Callable[[Kind], Kind]]] = {
    "gaze": lambda kind: replace(
        kind, truth=replace(kind.truth, gaze_degrees=(0.0, 0.0)), noise=replace(kind.noise, pupil_error=0.0)
    ),
    "shared": lambda kind: replace(kind, noise=replace(kind.noise, shared=0.0)),
    "drift": lambda kind: replace(kind, noise=replace(kind.noise, gain_drift=0.0, tuning_drift=0.0)),
    "sizes": lambda kind: replace(kind, noise=replace(kind.noise, size_signal=0.0)),
}
"""Parts of a kind that can be left out, one by one."""

KINDS: Final[Mapping[KindName, Kind]] = {
    "default": Kind(SimulatedTruthConfig(), SessionNoise(level=12.0)),
    "realistic": Kind(SimulatedTruthConfig(), SessionNoise(level=36.0)),
    "harsh": Kind(
        SimulatedTruthConfig(calcium_frames=2.2, gaze_degrees=(1.5, 4.0)),
        SessionNoise(level=24.0, size_signal=0.3, shared=0.35, gain_drift=0.3, tuning_drift=0.5, pupil_error=0.4),
    ),
    "outside": Kind(
        ConvolutionalTruthConfig(calcium_frames=2.2, gaze_degrees=(1.0, 3.0), gaze_share=0.5),
        SessionNoise(level=25.0, size_signal=0.15),
    ),
}
"""The kinds by name."""


def find_kind(name: KindName, without: Sequence[PartName] = ()) -> Kind:
    """Return a kind by name, less some of its parts; raises ReverieError when there is none of that name.

    >>> find_kind("harsh", without=["shared"]).noise.shared
    0.0
    """
    if name not in KINDS:
        raise ReverieError(f"No kind of simulated animal is called {name!r}; use {', '.join(KINDS)}.")
    return KINDS[name].without(*without)
