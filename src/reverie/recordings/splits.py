"""Which trials train an encoder, which validate it, and which are excluded because they resemble held-out ones."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reverie.foundation.errors import ReverieError, counted
from reverie.recordings import tiers
from reverie.recordings.near_duplicates import Catalogue, ShownTrial, catalogue_of, near_duplicate_groups
from reverie.recordings.opening import of_each_animal
from reverie.recordings.recording import Recording


@dataclass(frozen=True)
class Split:
    """Trial names of one animal: for training, for validation, and excluded from training, each with the reason."""

    training: tuple[str, ...]
    validation: tuple[str, ...]
    excluded: dict[str, str]


def split_all(
    recordings: Mapping[str, Recording],
    *,
    hold_out_fold: int | None = None,
    validation_share: float = 0.1,
    all_needed: bool = True,
) -> dict[str, Split]:
    """Divide the trials of several animals so that a movie held out for one is held out for all.

    Training: trials of tier "train" with responses. Validation: trials of a validation tier ("oracle") with responses;
    for an animal that has none, about ``validation_share`` of its training movies, taken from the first perceptual-hash
    folds in whole groups of near-duplicates. A training trial whose movie is a near-duplicate of any validation movie,
    or of a movie of any tier but "train" and "none", of any animal, is excluded.

    Parameters
    ----------
    hold_out_fold
        0-6, a published fold whose training trials validate instead, as in Bauer et al. 2026, who hold out fold 0.

    Raises
    ------
    ReverieError
        When an animal has no training trials, or none is left to learn from or to validate on; where not all are
        needed, such animals are left out with a message, as long as there are others.
    """
    _check(hold_out_fold, validation_share)
    listed = catalogue_of(recordings)
    learnable = {showing for showing in listed.showings if showing.tier == tiers.TRAIN and showing.recorded}
    validating = {s for s in listed.showings if s.tier in tiers.VALIDATION_TIERS and s.recorded}
    if hold_out_fold is not None:
        validating |= {showing for showing in learnable if listed.fold(showing.movie) == hold_out_fold}
    held_out = validating | {showing for showing in listed.showings if showing.tier != tiers.TRAIN}
    excluded = _resembling(listed, learnable - validating, held_out)
    lacking = set(recordings) - {showing.animal for showing in validating}
    if lacking:
        candidates = {s for s in learnable - set(excluded) if s.animal in lacking}
        chosen = _choose_movies(listed, candidates, validation_share)
        validating |= {showing for showing in candidates if showing.movie in chosen}
        excluded |= _resembling(listed, learnable - validating, validating)
    reasons = {showing: _describe(showing, *other) for showing, other in excluded.items()}
    reasons |= {s: "no responses were recorded" for s in listed.showings if s.tier == tiers.TRAIN and not s.recorded}

    def split(recording: Recording) -> Split:
        require_training_trials(recording)
        return _collect(recording.name, listed, learnable, validating, reasons)

    return of_each_animal(recordings, split, all_needed=all_needed)


def _check(hold_out_fold: int | None, validation_share: float) -> None:
    if hold_out_fold is not None and not 0 <= hold_out_fold < tiers.FOLDS:
        raise ReverieError(f"There is no fold {hold_out_fold} to hold out; choose 0 to {tiers.FOLDS - 1}.")
    if not 0 < validation_share < 1:
        raise ReverieError(f"A validation share of {validation_share} is not possible; choose one between 0 and 1.")


def require_training_trials(recording: Recording) -> None:
    """Raise ReverieError when an animal has no trials to learn from; nothing is read for this."""
    if tiers.TRAIN not in recording.tiers.values():
        present = ", ".join(dict.fromkeys(recording.tiers.values())) or "none at all"
        lost = f", {counted(len(recording.left_out), 'trial')} left out as inspect says" if recording.left_out else ""
        raise ReverieError(
            f"{recording.name} has no trials of tier {tiers.TRAIN!r} to learn from (its tiers: {present}{lost}); give "
            "some trials this tier."
        )


def _resembling(
    listed: Catalogue, learnable: set[ShownTrial], held_out: set[ShownTrial]
) -> dict[ShownTrial, tuple[ShownTrial, float]]:
    """Return the training trials that resemble a held-out trial, each with the one it resembles most."""
    similar = listed.similar_movies()
    by_movie: dict[int, ShownTrial] = {}
    for showing in listed.showings:
        if showing in held_out:
            by_movie.setdefault(showing.movie, showing)
    found = {}
    for showing in learnable:
        held_movies = {movie: value for movie, value in similar[showing.movie].items() if movie in by_movie}
        if held_movies:
            closest = max(held_movies, key=lambda movie: held_movies[movie])
            found[showing] = (by_movie[closest], held_movies[closest])
    return found


def _choose_movies(listed: Catalogue, candidates: set[ShownTrial], share: float) -> set[int]:
    """Choose movies to validate on until every animal has its share of trials (at least one)."""
    totals = Counter(showing.animal for showing in candidates)
    wanted = {animal: max(1, round(share * total)) for animal, total in totals.items()}
    shown = Counter((showing.movie, showing.animal) for showing in candidates)
    taken: Counter[str] = Counter()
    chosen: set[int] = set()
    for group, allowance in _candidate_sets(listed):
        sizes = Counter({animal: sum(shown[movie, animal] for movie in group) for animal in totals})
        useful = any(sizes[animal] and taken[animal] < wanted[animal] for animal in totals)
        limits = {animal: min(allowance * wanted[animal], totals[animal] - 1) for animal in totals}
        fits = all(not sizes[animal] or taken[animal] + sizes[animal] <= limits[animal] for animal in totals)
        if useful and fits and not chosen & set(group):
            chosen |= set(group)
            taken += sizes
    return chosen


def _candidate_sets(listed: Catalogue) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield sets of movies to hold out, best first, each with the amount by which it may exceed the share.

    First come whole groups of near-duplicates in the order of their folds. Where these are too large, single movies
    follow, those with the fewest near-duplicates first, since near-duplicates are lost for training.
    """
    groups = near_duplicate_groups(listed.pairs, len(listed.hashes))
    yield from ((group, 2) for group in sorted(groups, key=lambda group: _hash_order(listed, group)))
    similar = listed.similar_movies()
    movies = sorted(similar, key=lambda movie: (len(similar[movie]), _hash_order(listed, (movie,))))
    yield from (((movie,), 2) for movie in movies)
    yield from (((movie,), math.inf) for movie in movies)


def _hash_order(listed: Catalogue, group: tuple[int, ...]) -> tuple[int, int]:
    """Return a sort key: the published fold, and within a fold a remainder that is unrelated to the pictures."""
    code = min(listed.hashes[movie] for movie in group)
    return code % tiers.FOLDS, code % 1_000_003


def _describe(showing: ShownTrial, other: ShownTrial, correlation: float) -> str:
    """Say why a trial is excluded."""
    if showing.movie == other.movie:
        return f"shows the same movie as {other}"
    return f"shows nearly the same movie as {other}, correlation {correlation:.2f}"


def _collect(
    animal: str,
    listed: Catalogue,
    learnable: set[ShownTrial],
    validating: set[ShownTrial],
    reasons: dict[ShownTrial, str],
) -> Split:
    """Gather the trials of one animal in recorded order; raises ReverieError when a part is empty."""
    own = [showing for showing in listed.showings if showing.animal == animal]
    left = tuple(showing.trial for showing in own if showing in learnable - validating and showing not in reasons)
    kept_back = tuple(showing.trial for showing in own if showing in validating)
    if not left or not kept_back:
        count = sum(showing.tier == tiers.TRAIN for showing in own)
        purpose = "validate on" if left else "learn from"
        why = "they have no responses, or show nearly the same movies as one another or as trials held out"
        if count == 1 and left:
            why = "one is not enough to learn from and to choose by"
        raise ReverieError(
            f"{animal} has {counted(count, 'training trial')} but none is left to {purpose}: {why}; record more movies "
            "or change the tiers."
        )
    return Split(left, kept_back, {showing.trial: reasons[showing] for showing in own if showing in reasons})
