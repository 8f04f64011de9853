"""What regression learns from: the responses to a trial beside the components of its frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.components import PictureComponents, Scores
from reverie.inversion.linear.contract import Population
from reverie.recordings.trial import Trial


@dataclass(frozen=True)
class Sample:
    """One trial: responses (neuron, time), and scores (time, component) of every ``every``-th frame.

    fold: of the cross-validation.
    """

    responses: Responses
    scores: Scores
    fold: int


@dataclass(frozen=True)
class Samples:
    """The trials of one animal as samples, each read when it is its turn and not kept.

    each: use every ``each``-th neuron.
    """

    trials: Sequence[Trial]
    folds: Sequence[int]
    pictures: PictureComponents
    every: int
    each: int = 1

    def __iter__(self) -> Iterator[Sample]:
        """Read the trials, fold by fold."""
        for number in sorted(range(len(self.trials)), key=lambda number: self.folds[number]):
            trial = self.trials[number]
            assert trial.responses is not None
            scores = self.pictures.encode(trial.known_movie[:: self.every])
            yield Sample(trial.responses[:: self.each], scores, self.folds[number])


def population_of(mouse: str, trials: Sequence[Trial]) -> Population:
    """Return whom the trials are of; raises ReverieError when there are none or one has no responses or another size.

    The trials are read one at a time.
    """
    populations = set()
    for trial in trials:
        if trial.responses is None:
            raise ReverieError(f"Trial {trial.name} of {mouse} has no responses; nothing is to be learnt from it.")
        height, width = trial.known_movie.shape[1:]
        populations.add(Population(mouse, len(trial.responses), (height, width)))
    if len(populations) != 1:
        raise ReverieError(
            f"{mouse} has {len(trials)} training trials of {len(populations)} kinds of neuron count and frame size; "
            "a decoder needs trials of one kind."
        )
    return populations.pop()
