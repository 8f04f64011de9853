"""Folds of the cross-validation share no movie."""

import numpy as np
from tests.inversion.linear.toys import toy_trials

from reverie.inversion.linear.ridge_fit import movie_folds
from reverie.stimuli.naturalistic import naturalistic_movie


def test_repeats_of_a_movie_stay_together_and_folds_are_even():
    generator = np.random.default_rng(0)
    trials = toy_trials(trials=8, neurons=2, frames=40)
    movies = [naturalistic_movie(40, generator) for _ in range(4)]
    repeated = [type(t)(t.name, t.tier, movies[n % 4], t.state, t.responses) for n, t in enumerate(trials)]
    folds = movie_folds(repeated, 2)
    assert folds[:4] == folds[4:]
    assert sorted(folds[:4]) == [0, 0, 1, 1]


def test_there_are_no_more_folds_than_movies():
    trial = toy_trials(trials=3, neurons=2, frames=40)[0]
    assert movie_folds([trial, trial], 5) == [0, 0]
