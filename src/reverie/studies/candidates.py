"""Candidate movies, one of which was shown, and the log likelihood of cut-outs of them given the responses."""

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
class CandidateLikelihoods:
    """The log likelihood of each candidate, as a function of the responses: Σ slope · statistic − offset."""

    names: Sequence[tuple[str, tuple[int, ...]]]
    """Movie and flips of each candidate."""
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


def candidate_likelihoods(
    session: Session, animal: str, folder: Path, frames: int, state: State
) -> CandidateLikelihoods:
    """Predict the rates to every candidate, in the same state, and return slopes and offsets of their log likelihoods.

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
    return CandidateLikelihoods(names, slopes, offsets)


def _natural(likelihood: Likelihood, rates: Rates) -> tuple[Tensor, Tensor]:
    return likelihood.to(torch.device("cpu")).natural(torch.from_numpy(rates))


CutOut = tuple[int, int]
"""Number of the candidate movie, and the frame at which the cut-out starts."""


@dataclass(frozen=True)
class CutOuts:
    """Cut-outs of one length, for some of the neurons, one of which was shown."""

    candidates: CandidateLikelihoods
    neurons: Int[Tensor, " chosen"]
    length: int
    starts: Sequence[CutOut]
    slopes: Float[Tensor, "candidate feature"]
    """(cut-out, neuron × frame)."""
    offsets: Float[Tensor, " candidate"]
    """(cut-out,), summed."""

    def identifies(self, statistic: Float[Tensor, "neuron time"], shown: CutOut) -> bool:
        """Return whether the cut-out that was shown is likelier than all others, given the sufficient statistic."""
        seen = statistic[self.neurons, shown[1] : shown[1] + self.length].flatten()
        (slope,), (offset,) = _stacked(self.candidates, self.neurons, self.length, [shown])
        others = torch.tensor([other != shown for other in self.starts])
        # The cut-out that was shown is a candidate too: CANDIDATES includes it.
        against = (self.slopes @ seen - self.offsets)[others][: CANDIDATES - 1]
        return bool((against < slope @ seen - offset).all())


def draw_cut_outs(
    candidates: CandidateLikelihoods, neurons: Int[Tensor, " chosen"], starts: Sequence[int], length: int, seed: int
) -> CutOuts:
    """Draw ``CANDIDATES`` cut-outs from all candidate movies at the given starts, or as many as there are."""
    possible = [(movie, start) for movie in range(len(candidates.names)) for start in starts]
    chosen = np.random.default_rng(seed).permutation(len(possible))[:CANDIDATES]
    drawn = [possible[int(number)] for number in chosen]
    return CutOuts(candidates, neurons, length, drawn, *_stacked(candidates, neurons, length, drawn))


def _stacked(
    candidates: CandidateLikelihoods, neurons: Int[Tensor, " chosen"], length: int, cut_outs: Sequence[CutOut]
) -> tuple[Float[Tensor, "candidate feature"], Float[Tensor, " candidate"]]:
    """Return the slopes (cut-out, neuron × frame) and the summed offsets (cut-out,) of cut-outs."""
    if not cut_outs:
        return torch.zeros(0, len(neurons) * length), torch.zeros(0)
    slopes = [candidates.slopes[movie, neurons, start : start + length].flatten() for movie, start in cut_outs]
    offsets = [candidates.offsets[movie, neurons, start : start + length].sum() for movie, start in cut_outs]
    return torch.stack(slopes), torch.stack(offsets)
