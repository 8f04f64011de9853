"""Synthetic movies, with predicted or simulated responses, and a score for each cell of a table of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from reverie.encoders.prediction import predict_mean
from reverie.fitted.session import Session
from reverie.foundation.arrays import Movie, State
from reverie.foundation.fingerprints import seed_of
from reverie.inversion.methods.registry import Method
from reverie.jobs.clip import Clip, measure_trial_noise
from reverie.jobs.job import Job
from reverie.recordings.recording import Recording
from reverie.recordings.tiers import TRAIN
from reverie.recordings.trial import fill_missing
from reverie.scoring.correlation import Region, video_correlation
from reverie.scoring.image_quality import motion_energy, shannon_entropy
from reverie.scoring.rule import scored_frames, scored_region
from reverie.simulation.kinds import find_kind
from reverie.simulation.mouse import Presentation, SimulatedMouse
from reverie.simulation.true_encoder import TrueEncoder
from reverie.stimuli.synthetic import half_power_frequency
from reverie.stimuli.tables import Stimulus
from reverie.studies.setup import Setup, degrees_of_pixel
from reverie.training.warm_start import mean_over_frames

STATE_TRIALS = 10
"""Number of training trials over which the ordinary state is averaged."""


@dataclass(frozen=True)
class TableSize:
    """Which cells of a table of movies are done: rows by spatial, columns by temporal scale or frequency."""

    spatial: Sequence[float]
    temporal: Sequence[float]
    frames: int
    """Frames of each movie."""
    animals: int
    """How many animals see them."""
    directions: Sequence[float] = (0.0,)
    """Directions of gratings, degrees."""
    both_polarities: bool = False
    """Whether noise is also shown with light and dark exchanged."""


Plan = list[tuple[Stimulus, list[Job]]]
"""Each stimulus with its jobs, one per encoder; a stimulus occurs once for every animal."""


def ordinary_state(session: Session, animal: str, frames: int) -> State:
    """Return the mean state of some training trials (any trials, where there are none), constant in time, (4, time)."""
    recording = session.recordings[animal]
    names = (recording.names(TRAIN) or tuple(recording.tiers))[:STATE_TRIALS]
    states = [fill_missing(recording.state(name)) for name in names]
    return np.repeat(mean_over_frames(states)[:, None], frames, axis=1)


def first_recording(session: Session) -> Recording:
    """Return the recording whose frame size, frame rate and visual angle synthetic movies have."""
    return next(iter(session.recordings.values()))


def plan_stimuli(session: Session, stimuli: Sequence[Stimulus], method: Method, animals: int) -> Plan:
    """Return the jobs of all stimuli for the first animals; responses are each encoder's own rates."""
    plan = []
    for animal in list(session.recordings)[:animals]:
        for stimulus in stimuli:
            state = ordinary_state(session, animal, len(stimulus.movie))
            clip = Clip(animal, stimulus.name, stimulus.movie, state)
            plan.append((stimulus, [Job(clip, (folder,), method, "predicted") for folder in session.encoders]))
    return plan


def jobs_of_plan(planned: Callable[[Setup], Plan]) -> Callable[[Setup], list[Job]]:
    """Return the plan of a study of synthetic movies: all their jobs."""
    return lambda setup: [job for _, jobs in planned(setup) for job in jobs]


def score_stimuli(setup: Setup, plan: Plan, within: Region | None = None) -> pd.DataFrame:
    """Return one row per animal × stimulus × model, and one for the average of all models where there are several.

    Columns: animal, row, column, variant, models, video_correlation, and the mean motion energy and entropy of both
    movies. The first frames are not scored.

    Parameters
    ----------
    within
        Pixels that count, besides the evaluation mask.
    """
    rows = []
    for stimulus, jobs in plan:
        region = scored_region(setup.session.mask(jobs[0].clip.animal))
        rows += list(_rows(setup, stimulus, jobs, region if within is None else region & within))
    return pd.DataFrame(rows)


def _rows(setup: Setup, stimulus: Stimulus, jobs: list[Job], region: Region) -> Iterator[dict[str, object]]:
    scored = scored_frames(len(stimulus.movie))
    truth = stimulus.movie[scored]
    for group in [[job] for job in jobs] + ([jobs] if jobs[1:] else []):
        found = setup.movie(group)[scored]
        yield {
            "animal": jobs[0].clip.animal,
            "row": stimulus.row,
            "column": stimulus.column,
            "variant": stimulus.variant,
            "models": len(group),
            "video_correlation": video_correlation(found, truth, region),
            "motion_energy_truth": float(motion_energy(truth, region).mean()),
            "motion_energy_reconstruction": float(motion_energy(found, region).mean()),
            "entropy_truth": float(shannon_entropy(truth, region).mean()),
            "entropy_reconstruction": float(shannon_entropy(found, region).mean()),
        }


def as_published_table(scores: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return the video correlation of the averaged models, laid out as the published table.

    Cells are means over animals and variants. Rows and columns that were not done are left out.
    """
    averaged = scores[scores["models"] == scores["models"].max()]
    cells = averaged.groupby(["row", "column"])["video_correlation"].mean().unstack("column")
    rows = [row for row in published.index if row in cells.index]
    columns = [column for column in published.columns if column in cells.columns]
    return pd.DataFrame(cells.loc[rows, columns])


def compare_tables(ours: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return both tables as one in long form: row, column, paper, here; ``here`` is NaN in cells that were not done."""
    tables = {"paper": published, "here": ours.reindex(index=published.index, columns=published.columns)}
    long = pd.DataFrame({name: table.stack(future_stack=True) for name, table in tables.items()})
    return long.rename_axis(["row", "column"]).reset_index()


def with_units(rows: pd.DataFrame, recording: Recording) -> pd.DataFrame:
    """Return the rows of ``compare_tables`` with scales in degrees and seconds, and frequencies where power is halved.

    Parameters
    ----------
    recording
        The recording whose pixels and frames they are.
    """
    rows = rows.rename(columns={"row": "pixels", "column": "frames"})
    degrees, seconds = rows["pixels"] * degrees_of_pixel(recording), rows["frames"] / recording.frame_rate
    halved = partial(half_power_frequency, sample=1.0)
    return rows.assign(
        degrees=degrees, seconds=seconds, cycles_per_degree=degrees.map(halved), hertz=seconds.map(halved)
    )


SEED_OFFSET = 7
"""Added to the seed, so that no trial of the recording is drawn a second time."""


def knows_truth(session: Session) -> bool:
    """Return whether the animals are simulated by a known true encoder, so that any movie can be shown to them."""
    return session.simulated and "kind" in session.truth.about


def simulate_responses(session: Session, animal: str, movies: Mapping[str, Movie]) -> Iterator[Clip]:
    """Yield a clip of each movie (by name) with the responses of one animal to it.

    A simulated animal is shown the movie. A recorded one is taken to fire at the encoders' mean rates in an ordinary
    state, with the noise of its training trials. The session's seed decides what is drawn.
    """
    if knows_truth(session):
        yield from _simulated(session, animal, movies)
        return
    noise, encoders = measure_trial_noise(session, animal), tuple(session.encoders.values())
    for name, movie in movies.items():
        state = ordinary_state(session, animal, len(movie))
        generator = np.random.default_rng([session.sources.seed, SEED_OFFSET, seed_of(f"{animal}/{name}")])
        yield Clip(animal, name, movie, state, noise.draw(predict_mean(encoders, movie, state, animal), generator))


def _simulated(session: Session, animal: str, movies: Mapping[str, Movie]) -> Iterator[Clip]:
    truth = session.truth
    assert isinstance(truth, TrueEncoder)
    shows = [Presentation(str(number), "unseen", name, movie) for number, (name, movie) in enumerate(movies.items())]
    about, seed = truth.about, session.sources.seed + SEED_OFFSET
    noise = find_kind(about["kind"], about.get("without", ())).noise
    mouse = SimulatedMouse(truth, animal, shows, noise=noise, seed=seed)
    for show in shows:
        trial = mouse.trial(show.trial)
        yield Clip(animal, show.title, trial.known_movie, trial.known_state, trial.responses)
