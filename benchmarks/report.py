"""What one run of the benchmark found."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.comparisons import Comparison, Inference
from benchmarks.processes import Sharing
from benchmarks.scaling import Scaling


@dataclass(frozen=True)
class Report:
    """Everything one run found, with where it ran.

    peak: bytes that a step's tensors take, counted. resident: bytes that the system counts, by frames of the clip.
    """

    machine: dict[str, object]
    inference: Inference
    training: Comparison
    scalings: tuple[Scaling, ...]
    peak: Scaling
    resident: Mapping[float, float | None]
    sharing: Sharing | None

    @property
    def lines(self) -> tuple[Comparison, ...]:
        """The lines of the table."""
        return (*self.inference.lines, self.training)
