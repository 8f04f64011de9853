"""Movies that are nearly the same, and which trials of which animals showed them.

They are found by correlating small signatures at any shift in time. The perceptual hash of the published folds changes
with a single bit of a picture, so near copies of a movie scatter over the folds; in this way nine of the fifty test
movies of Bauer et al. 2026 were in the training set. Here two movies count as near-duplicates when their coarse edges
correlate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.foundation.progress import tracked
from reverie.recordings.recording import Recording
from reverie.recordings.tiers import FOLDS, UNUSED, perceptual_hash

BLOCKS = (6, 8)
"""A frame is averaged into this many blocks, down and across; a shift by a few pixels hardly changes them."""

BIN_FRAMES = 5
"""A movie is averaged over this many frames."""

THRESHOLD = 0.7
"""Movies whose signatures correlate at least this much are near-duplicates.

Noise, brightness, gamma, blur and shifts in time leave a natural movie at 0.9 or more, a shift of two pixels both ways
at 0.75 or more; unrelated naturalistic movies stay below 0.6.
"""

BLANK_EDGES = 1e-4
"""A movie whose squared edges average less than this (in grey levels squared) is a blank screen."""

ROWS_AT_ONCE = 512
"""This many movies are compared with all others in one matrix product."""

Signature = Float[np.ndarray, "_bins _features"]
"""Differences between neighbouring blocks of a movie, float32."""


@dataclass(frozen=True)
class Pair:
    """Two near-duplicate movies by their place in the list, and how much they correlate at their best shift."""

    first: int
    second: int
    correlation: float


def signature(movie: Movie) -> Signature:
    """Return the coarse edges of a movie: differences between neighbouring block averages, down and across.

    Differences are used because natural pictures have similar broad gradients (sky above, ground below). Brightness
    cancels, and noise that is independent between pixels averages out. A bin lasts five frames; frames left over at the
    end are left out.
    """
    averages = _block_averages(movie)
    count = len(averages)
    down, across = np.diff(averages, axis=1).reshape(count, -1), np.diff(averages, axis=2).reshape(count, -1)
    edges = np.concatenate([down, across], axis=1)
    return np.asarray(edges, dtype=np.float32)


def near_duplicate_pairs(signatures: Sequence[Signature]) -> list[Pair]:
    """Return every pair of near-duplicates, also where one starts later than the other.

    Two movies are compared at every shift that leaves at least half of the shorter one overlapping. Movies without
    any edges (blank screens) are near-duplicates of one another.
    """
    if len(signatures) < 2:
        return []
    best = best_correlations(signatures)
    firsts, seconds = np.nonzero(np.triu(best >= THRESHOLD, k=1))
    return [Pair(int(i), int(j), float(best[i, j])) for i, j in zip(firsts, seconds, strict=True)]


def best_correlations(signatures: Sequence[Signature]) -> Float[np.ndarray, "movie movie"]:
    """Correlate every movie with every other at each allowed shift in time and keep each pair's best."""
    stacked, present = _stack(signatures)
    starts = range(0, len(stacked), ROWS_AT_ONCE)
    best = np.concatenate([_best_later(stacked, present, slice(start, start + ROWS_AT_ONCE)) for start in starts])
    # A shift of one movie against the other is the opposite shift of the other against the one.
    return np.asarray(np.maximum(best, best.T))


def near_duplicate_groups(pairs: Sequence[Pair], movies: int) -> list[tuple[int, ...]]:
    """Divide ``movies`` movies into groups connected by pairs; a movie without near-duplicates is a group of one."""
    from scipy.sparse import coo_array  # takes half a second, which `inspect` does not need
    from scipy.sparse.csgraph import connected_components

    ends = np.array([(pair.first, pair.second) for pair in pairs], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(movies, movies))
    groups: dict[int, list[int]] = {}
    for movie, group in enumerate(connected_components(graph, directed=False)[1].tolist()):
        groups.setdefault(group, []).append(movie)
    return [tuple(group) for group in groups.values()]


def pairs_across_folds(pairs: Sequence[Pair], folds: Sequence[int]) -> list[Pair]:
    """Return the pairs that lie in different folds: what the perceptual hash alone lets through.

    Parameters
    ----------
    folds
        The fold of each movie, by place in the list.
    """
    return [pair for pair in pairs if folds[pair.first] != folds[pair.second]]


def _block_averages(movie: Movie) -> Float[np.ndarray, "bins down across"]:
    """Average a movie over bins of frames and blocks of pixels; the last bins are whole."""
    bins = max(movie.shape[0] // BIN_FRAMES, 1)
    whole = movie[: bins * BIN_FRAMES] if movie.shape[0] >= BIN_FRAMES else movie
    averages = whole.reshape(bins, -1, *movie.shape[1:]).mean(axis=1, dtype=np.float32)
    for axis, blocks in ((1, BLOCKS[0]), (2, BLOCKS[1])):
        size = averages.shape[axis]
        edges = np.linspace(0, size, min(blocks, size) + 1).round().astype(int)
        sums = np.add.reduceat(averages, edges[:-1], axis=axis)
        averages = sums / np.expand_dims(np.diff(edges), tuple({0, 1, 2} - {axis}))
    return np.asarray(averages, dtype=np.float32)


def _stack(signatures: Sequence[Signature]) -> tuple[np.ndarray, Float[np.ndarray, "movie bins"]]:
    """Stack signatures into (movie, bin, feature), padded with zeros at the end; return also which bins exist.

    Movies of other frame sizes may have fewer features; these are padded with zeros too.
    """
    bins, features = max(len(s) for s in signatures), max(s.shape[1] for s in signatures)
    stacked = np.zeros((len(signatures), bins, features), dtype=np.float32)
    present = np.zeros((len(signatures), bins), dtype=np.float32)
    for row, one in enumerate(signatures):
        stacked[row, : len(one), : one.shape[1]] = one
        present[row, : len(one)] = 1
    return stacked, present


def _best_later(stacked: np.ndarray, present: np.ndarray, rows: slice) -> Float[np.ndarray, "some movie"]:
    """Correlate some movies, from each bin on, with the beginnings of all; keep each pair's best."""
    energy, lengths = (stacked**2).sum(axis=2), present.sum(axis=1)
    shorter = np.minimum(lengths[rows, None], lengths[None])
    best = np.full(shorter.shape, -1.0, dtype=np.float32)
    for shift in range(stacked.shape[1]):
        mine, theirs = slice(shift, None), slice(0, stacked.shape[1] - shift)
        overlap = present[rows, mine] @ present[:, theirs].T
        allowed = 2 * overlap >= shorter
        if not allowed.any():
            break
        products = np.einsum("abf,cbf->ac", stacked[rows, mine], stacked[:, theirs], optimize=True)
        own, other = energy[rows, mine] @ present[:, theirs].T, present[rows, mine] @ energy[:, theirs].T
        correlation = _normalise(products, own, other, overlap * stacked.shape[2])
        np.maximum(best, np.where(allowed, correlation, -1), out=best)
    return best


def _normalise(products: np.ndarray, own: np.ndarray, other: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Divide products by the two energies; two blank movies correlate at 1, a blank one and any other at 0."""
    floor = BLANK_EDGES * np.maximum(values, 1)
    blank_own, blank_other = own < floor, other < floor
    correlation = products / np.sqrt(np.maximum(own, floor) * np.maximum(other, floor))
    return np.asarray(np.where(blank_own | blank_other, blank_own & blank_other, correlation))


@dataclass(frozen=True)
class ShownTrial:
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

    showings: tuple[ShownTrial, ...]
    hashes: tuple[int, ...]
    pairs: tuple[Pair, ...]

    def fold(self, movie: int) -> int:
        """Return the published fold of a movie."""
        return self.hashes[movie] % FOLDS

    def similar_movies(self) -> dict[int, dict[int, float]]:
        """Return for each movie its near-duplicates and how much they correlate; a movie is its own at 1."""
        similar: dict[int, dict[int, float]] = {movie: {movie: 1.0} for movie in range(len(self.hashes))}
        for pair in self.pairs:
            similar[pair.first][pair.second] = similar[pair.second][pair.first] = pair.correlation
        return similar


def make_catalogue(shown: Iterable[tuple[str, str, str, bool, Movie]]) -> Catalogue:
    """Build a catalogue from (animal, trial, tier, responses exist, movie); movies are read once and not kept.

    Movies count as the same when their hash and their coarse signature are equal to the bit.
    """
    showings: list[ShownTrial] = []
    signatures: list[Signature] = []
    hashes: list[int] = []
    numbers: dict[tuple[int, bytes], int] = {}
    for animal, trial, tier, recorded, movie in shown:
        edges, code = signature(movie), perceptual_hash(movie)
        number = numbers.setdefault((code, edges.tobytes()), len(numbers))
        if number == len(signatures):
            signatures.append(edges)
            hashes.append(code)
        showings.append(ShownTrial(animal, trial, tier, recorded, number))
    return Catalogue(tuple(showings), tuple(hashes), tuple(near_duplicate_pairs(signatures)))


def catalogue_of(recordings: Mapping[str, Recording]) -> Catalogue:
    """Build the catalogue of all trials of some animals, those of tier "none" and those without a movie left out."""
    names = [
        (animal, name)
        for animal, recording in recordings.items()
        for name, tier in recording.tiers.items()
        if tier != UNUSED and recording.has_movie(name)
    ]
    return make_catalogue(_read(recordings, tracked(names, len(names), "Comparing movies")))


def _read(
    recordings: Mapping[str, Recording], names: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str, str, bool, Movie]]:
    for animal, name in names:
        recording = recordings[animal]
        yield animal, name, recording.tiers[name], recording.has_responses(name), recording.movie(name)
