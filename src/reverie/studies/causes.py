"""Why the most probable movie is not the true one: trial noise, encoder, search and prior, one by one."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import torch

from reverie.foundation.arrays import Movie
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.map_state import prior_of
from reverie.inversion.objective import loss_and_gradient
from reverie.inversion.problem import Problem
from reverie.jobs.clip import simulated_clips
from reverie.jobs.job import Job, problem_of
from reverie.scoring.parts import shot_starts
from reverie.studies.conditions import VIDEO, by_clip, mean_text, sentence_on_losses, summarise_conditions
from reverie.studies.setup import Conditions, Setup, jobs_for
from reverie.studies.study import Findings, Study, groups_picture

RECORDED, SIMULATED, TRUE_RATES = "recorded responses", "a simulated trial", "true rates"
OWN_RATES, LONG_SEARCH = "the encoder's own rates", "own rates, long search"

METHOD = Map(draws=0, likelihood="sizes")
"""Sizes of responses, not events: noiseless rates are above 0 in every frame, which would make each one an event."""

LONG_METHOD = replace(METHOD, steps=4 * Map.steps, tolerance=Map.tolerance / 10)


def with_first_encoder_only(setup: Setup) -> Setup:
    """Return the setup with the first encoder alone: simulated trials scatter around its rates."""
    session, first = setup.session, setup.encoders[0]
    sources = replace(session.sources, encoders=(first,))
    return replace(setup, session=replace(session, sources=sources, encoders={first: session.encoders[first]}))


def conditions(setup: Setup) -> Conditions:
    """Return the job of each clip, by the responses it inverts; true rates exist for simulated animals only."""
    trials = {clip: next(simulated_clips(setup.session, clip, 1)) for clip in setup.clips}
    simulated = {clip: [Job(trial, setup.encoders, METHOD)] for clip, trial in trials.items()}
    known = {RECORDED: setup.jobs(METHOD), SIMULATED: simulated}
    if setup.session.truth_folder is not None:
        known[TRUE_RATES] = setup.jobs(METHOD, targets="truth")
    return {
        **known,
        OWN_RATES: setup.jobs(METHOD, targets="predicted"),
        LONG_SEARCH: setup.jobs(LONG_METHOD, targets="predicted"),
    }


def split(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the correlation that each cause costs, one row per clip; the causes add up to the total, 1 − r(recorded).

    r(x) is the video correlation of the movie found from x. Encoder = r(own rates) − r(true rates), and noise = r(true
    rates) − r(recorded). Where no truth is known, noise = r(own rates) − r(simulated) and encoder = r(simulated) −
    r(recorded). Search = r(long search) − r(own rates), prior = 1 − r(long search). A part may be negative.
    """
    r = by_clip(scores, VIDEO)
    encoder = r[OWN_RATES] - r[TRUE_RATES] if TRUE_RATES in r else r[SIMULATED] - r[RECORDED]
    parts = {
        "trial noise": r[OWN_RATES] - r[RECORDED] - encoder,
        "encoder": encoder,
        "search": r[LONG_SEARCH] - r[OWN_RATES],
        "prior": 1 - r[LONG_SEARCH],
        "total": 1 - r[RECORDED],
    }
    return pd.DataFrame(parts).reset_index()


def gap(problem: Problem, found: Movie, truth: Movie) -> Mapping[str, float]:
    """Return by how many nats the movie found is less probable than the true one, by the likelihood and by the prior.

    The prior judges grey levels as shown, and is given the true cuts for both movies. Below 0, the movie found is more
    probable than the true one.
    """
    prior = prior_of(problem).cut(shot_starts(truth).tolist())
    ours, theirs = (torch.tensor(movie, dtype=torch.float32, device=problem.device) for movie in (found, truth))
    likelihood = loss_and_gradient(problem, ours)[0] - loss_and_gradient(problem, theirs)[0]
    return {"likelihood": likelihood, "prior": float(prior(ours).double() - prior(theirs).double())}


def conclude(setup: Setup) -> Findings:
    """Split the missing correlation by cause, and compare the probabilities of the movie found and of the true one."""
    by_condition = conditions(setup)
    scores = setup.score(by_condition)
    summary = summarise_conditions(scores, VIDEO, list(by_condition), setup.seed)
    parts = split(scores)
    gaps = pd.DataFrame(
        [
            {"animal": clip.animal, "clip": clip.name, "from": name, **_gap(setup, job)}
            for name in (RECORDED, SIMULATED)
            for clip, (job,) in by_condition[name].items()
        ]
    )
    return Findings(
        [
            f"From recorded responses the video correlation is {mean_text(summary, RECORDED)}. "
            + sentence_on_losses(parts),
            _preferred(gaps),
        ],
        [groups_picture("causes", "The most probable movie, by what it was found from", scores, summary, VIDEO)],
        tables={
            "What each cause costs": parts,
            "−log likelihood and −log prior of the movie found, minus the true movie's, nats": gaps,
        },
    )


def _gap(setup: Setup, job: Job) -> Mapping[str, float]:
    problem = problem_of(job, setup.session).to(setup.session.device)
    return gap(problem, setup.movie([job]), job.clip.read(setup.session).known_movie)


def _preferred(gaps: pd.DataFrame) -> str:
    recorded, simulated = (gaps.loc[gaps["from"] == name, "likelihood"] for name in (RECORDED, SIMULATED))
    return (
        f"The movie found has a −log likelihood {recorded.mean():+.0f} nats above the true movie's on recorded trials "
        f"(below 0, the movie found is more likely, on {(recorded < 0).sum()} of {len(recorded)}). On simulated "
        f"trials, where the encoder is right, it is {simulated.mean():+.0f}, since the movie found also fits the "
        "noise. What recorded trials have below that is due to a wrong encoder or a wrong noise model."
    )


CAUSES = Study(
    "causes",
    "Where the most probable movie errs",
    "How much of what is missing is due to trial noise, to the encoder, to the search, and to the prior?",
    conclude,
    jobs_for(conditions),
    with_first_encoder_only,
)
