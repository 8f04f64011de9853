"""A simulated animal as a recording in memory: a trial is drawn whenever it is read, and is the same every time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.contract import device_of
from reverie.foundation.arrays import FRAME_RATE, GREY, Movie, State
from reverie.foundation.errors import ReverieError
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.tiers import SPONTANEOUS
from reverie.recordings.trial import Trial
from reverie.simulation.behaviour import draw_state
from reverie.simulation.cells import SESSION, TRIALS, animal_generator
from reverie.simulation.darkness import Darkness, Replay, draw_replays, hidden_movie
from reverie.simulation.kinds import KINDS
from reverie.simulation.noise import SessionGains, SessionNoise, draw_responses
from reverie.simulation.true_encoder import TrueEncoder

MovieSource = Float[np.ndarray, "_ _ _"] | Callable[[], Movie]
"""A movie of any length, or a function that draws it."""


@dataclass(frozen=True)
class Presentation:
    """One showing of a movie."""

    trial: str
    """The trial's name: its number."""
    tier: str
    title: str
    """The movie's name."""
    source: MovieSource
    """The movie itself, or a function that draws it."""
    strength: Float[np.ndarray, " time"] | None = None
    """(time,), in trials without a movie (tier ``spontaneous``): how much of the change of rates that the source would
    cause happens at each frame; the source is then the movie that neurons replay."""

    @property
    def movie(self) -> Movie:
        """The movie; where the source is a function, it is drawn anew each time."""
        return self.source() if callable(self.source) else self.source


def schedule(
    movies: Mapping[str, Sequence[tuple[str, MovieSource]]], repeats: Mapping[str, int] | None = None
) -> tuple[Presentation, ...]:
    """Number the showings: tier by tier in the order given, each tier's movies in order, as often as it repeats.

    Parameters
    ----------
    movies
        By tier, (name, movie) pairs.
    repeats
        How often the movies of a tier are shown, 1 by default; the whole list is shown before it is shown again.

    Raises
    ------
    ReverieError
        Without movies, or when ``repeats`` names a tier without movies.

    Examples
    --------
    >>> clip = np.zeros((30, 36, 64), dtype=np.float32)
    >>> [(show.trial, show.title) for show in schedule({"oracle": [("a", clip), ("b", clip)]}, {"oracle": 2})]
    [('0', 'a'), ('1', 'b'), ('2', 'a'), ('3', 'b')]
    """
    times = dict(repeats or {})
    if unknown := times.keys() - movies.keys():
        raise ReverieError(f"There are no movies in the tier {min(unknown)!r} to repeat; give it some.")
    showings = [
        (tier, title, movie)
        for tier, clips in movies.items()
        for _ in range(times.get(tier, 1))
        for title, movie in clips
    ]
    if not showings:
        raise ReverieError("A simulated animal needs at least one movie to watch.")
    return tuple(Presentation(str(number), *showing) for number, showing in enumerate(showings))


def spontaneous_presentations(
    presentations: Sequence[Presentation], darkness: Darkness, generator: np.random.Generator
) -> tuple[tuple[Presentation, ...], dict[str, tuple[Replay, ...]]]:
    """Return spontaneous trials that follow others, and the replays hidden in each, of clips that the others showed.

    Raises ReverieError when a clip is too short to be replayed.
    """
    library = {show.title: show for show in reversed(presentations)}
    height, width = presentations[0].movie.shape[1:]
    lengths = {title: len(show.movie) for title, show in library.items()} if darkness.replays else {}
    hidden, made = {}, []
    for number, replays in enumerate(draw_replays(darkness, lengths, generator), start=len(presentations)):
        movie, strength = hidden_movie(replays, darkness.frames, (height, width), lambda title: library[title].movie)
        hidden[str(number)] = replays
        made.append(Presentation(str(number), SPONTANEOUS, "nothing", movie, strength))
    return tuple(made), hidden


class SimulatedMouse:
    """All trials of one simulated animal.

    The state and the noise of a trial depend only on the seed, the animal, the trial and the list of trials. It
    therefore does not matter which trials are read, in which order, or how often.

    Parameters
    ----------
    noise
        What trials add to the rates; by default that of default animals.

    Raises
    ------
    ReverieError
        When the truth has no such animal.
    """

    frame_rate: float = FRAME_RATE

    def __init__(
        self,
        truth: TrueEncoder,
        name: str,
        presentations: Sequence[Presentation],
        *,
        noise: SessionNoise = KINDS["default"].noise,
        seed: int = 0,
    ) -> None:
        self.truth = truth
        self.name = name
        self.neurons = truth.require_mouse(name)
        self.presentations = {show.trial: show for show in presentations}
        self.tiers = {show.trial: show.tier for show in presentations}
        self.noise = noise
        self.seed = seed
        self._behaviour = truth.behaviour(name)
        hidden = animal_generator(seed, name, SESSION)
        self._session = SessionGains(noise, self._buffer("centres"), tuple(self.tiers), hidden)

    def trial(self, name: str) -> Trial:
        """Draw one trial; raises ReverieError when no trial has that name or its movie has another size."""
        if name not in self.presentations:
            raise ReverieError(f"Animal {self.name!r} has no trial {name!r}; it has {len(self.tiers)}, named 0, 1, ...")
        show = self.presentations[name]
        movie = show.movie
        if movie.shape[1:] != self.truth.frame_size:
            raise ReverieError(
                f"The movie {show.title!r} has frames of {movie.shape[1:]} pixels, but the animals were made for "
                f"{self.truth.frame_size}; resize all movies to one size."
            )
        generator = animal_generator(self.seed, self.name, TRIALS, int(name))
        state = draw_state(len(movie), self._behaviour, generator, saccades=self.noise.saccades)
        means = self._buffer("means")[:, 0]
        rates = self._cell_rates(movie, state)
        if show.strength is not None:
            # Nothing is replayed during the indicator's lead, before the first frame.
            share = np.pad(show.strength, (rates.shape[1] - len(movie), 0))
            dark = self._cell_rates(np.full_like(movie, GREY), state)
            rates = np.maximum(dark + share * (rates - dark), 0)
        rates = self._session.modulated(rates, means, name, generator)
        indicator, neuropil = self.truth.indicator(self.name), self.truth.neuropil(self.name)
        responses = draw_responses(rates, means, indicator, self.noise, generator, neuropil=neuropil)
        state[2:] += self.noise.pupil_error * generator.standard_normal(state[2:].shape).astype(np.float32)
        shown = None if show.strength is not None else movie
        return Trial(name=name, tier=show.tier, movie=shown, state=state, responses=responses)

    def trials(self, tier: str) -> LazyTrials:
        """Return the trials of one tier in order, each drawn when it is read."""
        return LazyTrials(self.trial, tuple(name for name, of in self.tiers.items() if of == tier))

    @property
    def coordinates(self) -> Float[np.ndarray, "neuron 3"]:
        """Positions of the cell bodies, micrometres."""
        return self.truth.cell_positions(self.name)

    def _cell_rates(self, movie: Movie, state: State) -> Float[np.ndarray, "neuron lead_and_time"]:
        device = device_of(self.truth)
        with torch.no_grad():
            rates = self.truth.cell_rates(
                torch.from_numpy(np.asarray(movie, dtype=np.float32))[None].to(device),
                torch.from_numpy(state)[None].to(device),
                self.name,
            )
        return np.asarray(rates[0].cpu().numpy())

    def _buffer(self, name: str) -> np.ndarray:
        return np.asarray(self.truth.animal(self.name).get_buffer(name).cpu().numpy())
