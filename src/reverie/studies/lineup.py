"""Movies among which the one that was shown is to be found, and the log likelihood of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from reverie.encoders.prediction import predict
from reverie.fitted.fitting import fit
from reverie.fitted.session import Session
from reverie.fitted.subject import Subject
from reverie.foundation.arrays import Movie, Rates, State
from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import tracked
from reverie.inversion.likelihood import Likelihood
from reverie.recordings.contents import movie_digest, readable

CANDIDATES = 100
"""Movies among which the one that was shown is to be found."""


@dataclass(frozen=True)
class Candidate:
    """A movie as it was shown (no flips), or flipped along the axes in ``flips``: 0 time, 1 height, 2 width."""

    name: str
    flips: tuple[int, ...]
    movie: Movie


@dataclass(frozen=True)
class Lineup:
    """What the log likelihood of each candidate is made of: slopes and offsets, each (candidate, neuron, time)."""

    names: Sequence[tuple[str, tuple[int, ...]]]
    slopes: Float[Tensor, "candidate neuron time"]
    offsets: Float[Tensor, "candidate neuron time"]


def candidates_of(subject: Subject, frames: int) -> Iterator[Candidate]:
    """Yield the movies of a recording on which an encoder was not trained, each as it was shown and mirrored.

    Upside down, left to right, backwards in time and every combination, each movie gives eight candidates with the
    same contrasts, speeds and cuts. Movies shorter than ``frames`` are left out, longer ones cut.
    """
    recording = subject.recording
    learned = {movie_digest(recording, name) for name in subject.training}
    seen: set[str] = set()
    long = [name for name in recording.tiers if recording.has_movie(name) and recording.frames(name) >= frames]
    for name in readable(recording, long):
        shown = movie_digest(recording, name)
        if shown in learned | seen:
            continue
        seen.add(shown)
        movie = np.array(recording.movie(name, stop=frames), dtype=np.float32)
        for chosen in product((False, True), repeat=3):
            flips = tuple(axis for axis, turned in enumerate(chosen) if turned)
            yield Candidate(shown, flips, np.ascontiguousarray(np.flip(movie, flips)))


def line_up(session: Session, animal: str, folder: Path, frames: int, state: State) -> Lineup:
    """Predict the rates to every candidate, in the same state, and keep slopes and offsets of their log likelihoods.

    Raises NotApplicable when there are fewer than two candidates.
    """
    encoder, fitted = session.encoder(folder), fit(session.fitted(animal, folder), ["likelihood"])
    likelihood = fitted.likelihood.find("measured")
    names, parts = [], []
    found = list(candidates_of(fitted.subject, frames))
    if len(found) < 2:
        raise NotApplicable(f"{animal} was shown no movie of {frames} frames outside the training of {folder}.")
    for candidate in tracked(found, len(found), f"rates of {animal} to candidates"):
        names.append((candidate.name, candidate.flips))
        parts.append(_natural(likelihood, predict(encoder, candidate.movie, state, animal)))
    slopes, offsets = (torch.stack(part) for part in zip(*parts, strict=True))
    return Lineup(names, slopes, offsets)


def _natural(likelihood: Likelihood, rates: Rates) -> tuple[Tensor, Tensor]:
    return likelihood.to(torch.device("cpu")).natural(torch.from_numpy(rates))


Place = tuple[int, int]
"""A cut-out: the number of the candidate movie, and the frame it starts at."""


@dataclass(frozen=True)
class Pool:
    """Cut-outs of one length, for some of the neurons, one of which was shown."""

    lineup: Lineup
    neurons: Int[Tensor, " chosen"]
    length: int
    places: Sequence[Place]
    slopes: Float[Tensor, "candidate feature"]
    """(cut-out, neuron × frame)."""
    offsets: Float[Tensor, " candidate"]
    """(cut-out,), summed."""

    def identifies(self, statistic: Float[Tensor, "neuron time"], place: Place) -> bool:
        """Return whether a place is likelier than all others of the pool, given the responses' sufficient statistic."""
        seen = statistic[self.neurons, place[1] : place[1] + self.length].flatten()
        (slope,), (offset,) = _cut(self.lineup, self.neurons, self.length, [place])
        others = torch.tensor([other != place for other in self.places])
        # The cut-out that was shown is a candidate too: CANDIDATES includes it.
        against = (self.slopes @ seen - self.offsets)[others][: CANDIDATES - 1]
        return bool((against < slope @ seen - offset).all())


def draw_pool(lineup: Lineup, neurons: Int[Tensor, " chosen"], starts: Sequence[int], length: int, seed: int) -> Pool:
    """Draw ``CANDIDATES`` cut-outs from all candidate movies at the given starts, or as many as there are."""
    places = [(movie, start) for movie in range(len(lineup.names)) for start in starts]
    chosen = np.random.default_rng(seed).permutation(len(places))[:CANDIDATES]
    drawn = [places[int(place)] for place in chosen]
    return Pool(lineup, neurons, length, drawn, *_cut(lineup, neurons, length, drawn))


def _cut(
    lineup: Lineup, neurons: Int[Tensor, " chosen"], length: int, places: Sequence[Place]
) -> tuple[Float[Tensor, "candidate feature"], Float[Tensor, " candidate"]]:
    """Return the slopes (cut-out, neuron × frame) and the summed offsets (cut-out,) of cut-outs."""
    if not places:
        return torch.zeros(0, len(neurons) * length), torch.zeros(0)
    slopes = [lineup.slopes[movie, neurons, start : start + length].flatten() for movie, start in places]
    offsets = [lineup.offsets[movie, neurons, start : start + length].sum() for movie, start in places]
    return torch.stack(slopes), torch.stack(offsets)
