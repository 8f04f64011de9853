from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.recording import Recording
from reverie.recordings.splits import split_all
from reverie.recordings.tiers import FOLDS, perceptual_hash


def split_of(recording, **options):
    return split_all({recording.name: recording}, **options)[recording.name]


@pytest.fixture
def recording(make_trial):
    """Return a function that makes an animal from (tier, movie number) pairs."""

    def make(name, shown, **options):
        movies = {seed: make_trial(seed).movie for _, seed in shown}
        trials = [make_trial(n, tier, movie=movies[seed], **options) for n, (tier, seed) in enumerate(shown)]
        return Recording.from_trials(name, trials)

    return make


def noisy(movie):
    return np.clip(movie + np.random.default_rng(0).normal(size=movie.shape) * 20, 0, 255).astype(np.float32)


def alter(made, number, **changes):
    """Return the same animal with one trial changed."""
    trials = [made.trial(name) for name in made.tiers]
    trials[number] = replace(trials[number], **changes)
    return Recording.from_trials(made.name, trials)


def test_the_recordings_own_tiers_are_used(animal):
    split = split_of(open_recording(animal))
    assert split.training == ("0", "1", "2", "3")
    assert split.validation == ("4",)
    assert split.excluded == {}


def test_training_trials_that_resemble_held_out_ones_are_excluded(recording, make_trial):
    made = recording("a", [("train", n) for n in range(5)] + [("oracle", 5), ("live_test_main", 6)])
    made = alter(made, 1, movie=noisy(make_trial(5).movie))
    made = alter(made, 2, movie=make_trial(6).movie)
    split = split_of(made)
    assert split.training == ("0", "3", "4")
    assert split.validation == ("5",)
    assert list(split.excluded) == ["1", "2"]
    assert split.excluded["1"] == "shows nearly the same movie as a trial 5 (oracle), correlation 1.00"
    assert split.excluded["2"] == "shows the same movie as a trial 6 (live_test_main)"


def test_a_movie_held_out_for_one_animal_is_held_out_for_all(recording):
    one = recording("one", [("train", n) for n in range(6)] + [("oracle", 10), ("final_test_main", 11)])
    two = recording("two", [("train", n) for n in range(6, 12)] + [("oracle", 2)])
    splits = split_all({"one": one, "two": two})
    assert splits["one"].training == ("0", "1", "3", "4", "5")
    assert splits["one"].excluded == {"2": "shows the same movie as two trial 6 (oracle)"}
    assert splits["two"].training == ("0", "1", "2", "3")
    assert splits["two"].excluded == {
        "4": "shows the same movie as one trial 6 (oracle)",
        "5": "shows the same movie as one trial 7 (final_test_main)",
    }


def test_without_a_validation_tier_a_share_is_held_out(recording):
    made = recording("a", [("train", n) for n in range(20)])
    split = split_of(made, validation_share=0.15)
    assert len(split.validation) == 3
    assert sorted(split.training + split.validation, key=int) == [str(n) for n in range(20)]
    folds = [perceptual_hash(made.trial(str(n)).movie) % FOLDS for n in range(20)]
    assert [perceptual_hash(made.trial(name).movie) % FOLDS for name in split.validation].count(min(folds)) >= 1
    assert split_of(made, validation_share=0.15) == split


def test_the_held_out_share_is_the_same_movies_for_all_animals(recording):
    splits = split_all(
        {
            "one": recording("one", [("train", n) for n in range(20)]),
            "two": recording("two", [("train", n) for n in reversed(range(20))]),
            "three": recording("three", [("train", n) for n in range(20)] + [("oracle", 30)]),
        }
    )
    held = {int(name) for name in splits["one"].validation}
    assert len(held) == 2
    assert {19 - int(name) for name in splits["two"].validation} == held
    assert {int(name) for name in splits["three"].excluded} == held
    assert splits["three"].validation == ("20",)


def test_animals_with_movies_of_their_own_each_get_validation(recording):
    names = ("one", "two", "three")
    splits = split_all(
        {name: recording(name, [("train", 10 * k + n) for n in range(8)]) for k, name in enumerate(names)}
    )
    assert all(len(split.validation) in (1, 2) for split in splits.values())
    assert all(len(split.training) >= 6 for split in splits.values())


def test_near_duplicates_are_held_out_together(recording, make_trial):
    """Every movie comes with a noisy copy: both sides of the split, never one on each."""
    made = recording("a", [("train", n) for n in range(10)] * 2)
    for number in range(10, 20):
        made = alter(made, number, movie=noisy(make_trial(number - 10).movie))
    split = split_of(made, validation_share=0.2)
    assert split.excluded == {}
    assert len(split.validation) == 4
    assert {int(name) % 10 for name in split.validation}.isdisjoint({int(name) % 10 for name in split.training})


def test_few_movies_shown_often_are_divided_by_movie(recording):
    split = split_of(recording("a", [("train", n % 3) for n in range(12)]))
    held = {int(name) % 3 for name in split.validation}
    assert len(held) == 1
    assert {int(name) % 3 for name in split.training}.isdisjoint(held)


def test_a_published_fold_can_be_held_out(recording):
    made = recording("a", [("train", n) for n in range(20)])
    folds = {str(n): perceptual_hash(made.trial(str(n)).movie) % FOLDS for n in range(20)}
    fold = folds["0"]
    split = split_of(made, hold_out_fold=fold)
    assert split.validation == tuple(name for name in folds if folds[name] == fold)
    assert split.training == tuple(name for name in folds if folds[name] != fold)


def test_trials_without_responses_or_of_tier_none_teach_nothing(recording, make_trial):
    made = recording("a", [("train", 0), ("train", 1), ("none", 0), ("oracle", 3), ("oracle", 4)])
    made = alter(made, 1, responses=None)
    made = alter(made, 4, responses=None)
    split = split_of(made)
    assert split.training == ("0",)
    assert split.validation == ("3",)
    assert split.excluded == {"1": "no responses were recorded"}


@pytest.mark.parametrize(
    ("shown", "options", "message"),
    [
        (
            [("oracle", 0), ("test", 1)],
            {},
            r"a has no trials of tier 'train' to learn from \(its tiers: oracle, test\)",
        ),
        ([("train", 0), ("oracle", 0)], {}, "none is left to learn from"),
        ([("train", 0), ("train", 0)], {}, "none is left to validate on"),
        ([("train", 0)], {}, "1 training trial but none is left to validate on: one is not enough"),
        ([("train", 0), ("train", 1)], {"recorded": False}, "none is left to learn from"),
    ],
)
def test_nothing_to_learn_from_is_an_error(recording, shown, options, message):
    with pytest.raises(ReverieError, match=message):
        split_of(recording("a", shown, **options))


@pytest.mark.parametrize("options", [{"hold_out_fold": 7}, {"validation_share": 0.0}, {"validation_share": 1.0}])
def test_impossible_wishes_are_an_error(recording, options):
    with pytest.raises(ReverieError, match="choose"):
        split_of(recording("a", [("train", 0), ("train", 1)]), **options)
