"""Which movie every trial of every animal showed, and which of those movies are nearly the same."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reverie.foundation.arrays import Movie
from reverie.foundation.progress import tracked
from reverie.recordings.folds import perceptual_hash
from reverie.recordings.near_duplicates import Pair, Signature, near_duplicate_pairs, signature
from reverie.recordings.recording import Recording
from reverie.recordings.tiers import FOLDS, UNUSED


@dataclass(frozen=True)
class Showing:
    """One trial: which animal saw which movie (a number among the distinct ones), and whether responses exist."""

    animal: str
    trial: str
    tier: str
    recorded: bool
    movie: int

    def __str__(self) -> str:
        return f"{self.animal} trial {self.trial} ({self.tier})"


@dataclass(frozen=True)
class Catalogue:
    """All showings, the perceptual hash of each distinct movie, and the near-duplicate pairs among those movies."""

    showings: tuple[Showing, ...]
    hashes: tuple[int, ...]
    pairs: tuple[Pair, ...]

    def fold(self, movie: int) -> int:
        """Return the published fold of a movie."""
        return self.hashes[movie] % FOLDS

    def likenesses(self) -> dict[int, dict[int, float]]:
        """Return for each movie its near-duplicates and how much they correlate; a movie is its own at 1."""
        alike: dict[int, dict[int, float]] = {movie: {movie: 1.0} for movie in range(len(self.hashes))}
        for pair in self.pairs:
            alike[pair.first][pair.second] = alike[pair.second][pair.first] = pair.correlation
        return alike


def catalogue(shown: Iterable[tuple[str, str, str, bool, Movie]]) -> Catalogue:
    """Build a catalogue from (animal, trial, tier, responses exist, movie); movies are read once and not kept.

    Movies count as the same when their hash and their coarse signature are equal to the bit.
    """
    showings: list[Showing] = []
    signatures: list[Signature] = []
    hashes: list[int] = []
    numbers: dict[tuple[int, bytes], int] = {}
    for animal, trial, tier, recorded, movie in shown:
        edges, code = signature(movie), perceptual_hash(movie)
        number = numbers.setdefault((code, edges.tobytes()), len(numbers))
        if number == len(signatures):
            signatures.append(edges)
            hashes.append(code)
        showings.append(Showing(animal, trial, tier, recorded, number))
    return Catalogue(tuple(showings), tuple(hashes), tuple(near_duplicate_pairs(signatures)))


def catalogue_of(recordings: Mapping[str, Recording]) -> Catalogue:
    """Build the catalogue of all trials of some animals, those of tier "none" and those without a movie left out."""
    names = [
        (animal, name)
        for animal, recording in recordings.items()
        for name, tier in recording.tiers.items()
        if tier != UNUSED and recording.has_movie(name)
    ]
    return catalogue(_read(recordings, tracked(names, len(names), "Comparing movies")))


def _read(
    recordings: Mapping[str, Recording], names: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str, str, bool, Movie]]:
    for animal, name in names:
        recording = recordings[animal]
        yield animal, name, recording.tiers[name], recording.has_responses(name), recording.movie(name)
