"""The weighted mean of the most probable movie and the ridge decoder's, whose errors differ.

The most probable movie relies on encoder and likelihood, and errs where these are wrong, above all in slow changes of
the whole frame's brightness. Ridge regression uses less of each neuron's information, but needs no model. Their errors
differ, so their mean is nearer to the truth than either (docs/decisions/071).

Where a camera moves over scenes, there are several searches: the camera's motion is measured in the movie found so far,
and the next search has a prior that follows it (docs/decisions/200).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np

from reverie.foundation.arrays import Mask, Movie
from reverie.foundation.requests import Range, convert_fields, require_possible, require_seed
from reverie.inversion.cuts import shots_found
from reverie.inversion.methods.map import Map
from reverie.inversion.postprocessing import LARGEST_BLUR
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.priors.scenes import path_in
from reverie.inversion.problem import Problem
from reverie.inversion.solution import Solution

DEFAULT_FOLLOWS = 2
"""Number of times the camera's motion is measured where following it is worthwhile."""

MOST_FOLLOWS = 100
"""Largest number of times; each costs a search, and after two hardly anything changes."""

LOOSE_TOLERANCE = 2e-2
"""Tolerance of searches between the first and the last, which only serve to measure the camera's motion again: five
times the default. Twelve times would save another 13 % of all passes, but cost .002 in video correlation
(docs/log/best.md)."""

LARGEST_SCENE = 6
"""Largest area of a scene, in areas of the frame; a camera that moves farther is not followed."""

CarryOut = Callable[[Problem, Map, str, Movie | None], Solution]
"""Carries out one search for the solution of a problem; the last arguments are the search's name among those of one
clip, and the movie it starts from, None for the prior's mean."""


@dataclass(frozen=True)
class Combined:
    """The weighted mean of map and ridge, per frequency band; weights and likelihood are the best on validation trials.

    The standard deviation is that of errors on clips whose movies are known, at pixels where the two movies differed as
    much, contrast and grey levels were similar, and the posterior of `map` was as wide (``scoring.error_model``).
    Raises ReverieError when a setting is out of range.
    """

    name: ClassVar[str] = "combined"

    map_share: float | None = None
    """Weight of the most probable movie, 0 to 1, the same in all frequency bands; by default, each band of the two
    movies has the weights that were best on validation trials."""
    follow: int | None = None
    """How often to measure the camera's motion and search again with a prior that follows it, each time for nearly as
    long as the first search; by default twice where that clearly reduced the error on validation movies, else never."""
    seed: int = 0
    """Seed of all random draws."""
    find_cuts: bool = True
    """Look for cuts in the movie once the search has nearly settled, and treat the shots before and after a cut as
    independent."""
    calibrated: bool = True
    """Give each pixel a standard deviation, learned once for each encoder and animal from short reconstructions of
    trials whose movies are known; without it there is none."""
    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_seed(self.seed)
        require_possible(self, map_share=Range(0, 1), follow=Range(0, MOST_FOLLOWS), blur=Range(0, LARGEST_BLUR))

    def search(self, likelihood: str) -> Map:
        """Return the settings of the search for the most probable movie, with a likelihood."""
        return Map(draws=0, seed=self.seed, find_cuts=self.find_cuts, likelihood=likelihood)

    def searches(self, likelihood: str, follows: int, averaged_over: int = 0) -> tuple[Map, ...]:
        """Return the successive searches for the most probable movie while the camera is followed.

        The first starts from the movie of ridge, the others from the prior's mean.

        Parameters
        ----------
        averaged_over
            Pairs of movies over which the last search averages its likelihood (``Map.averaged_over``).
        """
        single = replace(self.search(likelihood), averaged_over=averaged_over)
        if not follows:
            return (single,)
        first = replace(single, averaged_over=0)
        # From the second search on, the prior has the cuts.
        loose = replace(first, tolerance=LOOSE_TOLERANCE, find_cuts=False)
        return (first, *[loose] * (follows - 1), replace(single, find_cuts=False))


def search_in_turns(
    searches: Sequence[Map], problem: Problem, scenes: GaussianPrior | None, linear: Movie, share: float, find: CarryOut
) -> list[Solution]:
    """Return the solutions of all searches for the most probable movie; the last is the result.

    Parameters
    ----------
    searches
        In order; each but the first has a prior that follows the camera (``Combined.searches``).
    problem
        The problem of the clip.
    scenes
        A prior with scenes; None where there is one search.
    linear
        The movie of ridge regression, (time, height, width), from which the first search starts.
    share
        Weight of the most probable movie, 0 to 1, in the mean in which the camera's motion is measured.
    find
        Carries out one search.
    """
    found: list[Solution] = []
    for number, search in enumerate(searches):
        if found and scenes is not None:
            movie = weighted_mean(found[-1].movie, linear, share)
            informed = following(scenes, movie, cuts=searches[0].find_cuts, again=number > 1)
            problem = replace(problem, prior=informed)
        found.append(find(problem, search, search_name(number, len(searches)), None if found else linear))
    return found


def search_name(number: int, count: int) -> str:
    """Return the name of one of ``count`` searches for a clip, `map` where it is the only one.

    >>> search_name(0, 1), search_name(2, 3)
    ('map', 'map-3-of-3')
    """
    return "map" if count == 1 else f"map-{number + 1}-of-{count}"


def following(scenes: GaussianPrior, movie: Movie, *, cuts: bool, again: bool) -> GaussianPrior:
    """Return the prior with the shots, and the camera's motion in each, of a movie found so far.

    It has only the shots where no scenes could be learned, or the camera moves so far that the scene would be too
    large.

    Parameters
    ----------
    movie
        (time, height, width), grey levels.
    cuts
        Whether to look for cuts.
    again
        Whether the movie was found with a prior that already followed the camera.
    """
    starts = tuple(shots_found(movie)) if cuts else (0,)
    if scenes.scenes is None:
        return scenes.cut(starts)
    informed = scenes.following(starts, path_in(movie, starts, scenes.scenes, again=again))
    return informed if prod(informed.scene_size) <= LARGEST_SCENE * prod(informed.frame_size) else scenes.cut(starts)


def weighted_mean(probable: Movie, linear: Movie, share: float) -> Movie:
    """Return share times the most probable movie and the rest of the linear one, (time, height, width)."""
    # The mean of white and white, in single precision, may be rounded to above white.
    return np.asarray(share * probable + (1 - share) * linear, dtype=np.float32).clip(0, 255)


def combine(found: Sequence[Solution], movie: Movie, std: Movie | None, information: Mask | None) -> Solution:
    """Return the weighted movie with its standard deviation and information, and the trace of all searches."""
    trace, steps, seconds, passes = [], 0, 0.0, 0
    for one in found:
        trace += [
            replace(line, step=steps + line.step, seconds=seconds + line.seconds, passes=passes + line.passes)
            for line in one.trace
        ]
        steps, seconds, passes = steps + len(one.trace), seconds + one.seconds, passes + one.passes
    return Solution(movie, tuple(trace), seconds, passes, std, information)
