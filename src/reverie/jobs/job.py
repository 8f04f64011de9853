"""A job is one reconstruction of one clip: all that determines its result, and hence its fingerprint."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from reverie.encoders.prediction import predict
from reverie.fitted.fitting import fit
from reverie.fitted.parts import parts_for
from reverie.fitted.session import Session
from reverie.fitted.solving import explained_responses, finish, observe, plan_of, prior_for
from reverie.fitted.subject import Subject
from reverie.foundation.arrays import Indices, Mask, Movie, Responses
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import write_json
from reverie.foundation.fingerprints import digest, digest_of, seed_of
from reverie.inversion.methods.combined import Combined, search_in_turns
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method, deciding_settings
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.solution import Solution
from reverie.jobs.clip import Clip
from reverie.jobs.resuming import solve_or_resume
from reverie.jobs.store import JobFolder, read_solution, write_solution
from reverie.recordings.trial import Trial

LEAST_WEIGHT = 1e-3
"""Weight of an animal's ridge movie where its mask is 0, relative to the mask of animals that do see there."""

Targets = Literal["recorded", "predicted", "truth"]
"""The responses to explain: recorded ones, each encoder's own rates to the true movie, or the rates of a simulated
animal's true encoder."""


@dataclass(frozen=True)
class Job:
    """One reconstruction."""

    clip: Clip
    """The trial, or stimulus, whose responses are explained."""
    encoders: tuple[Path, ...]
    """Folders of encoders. The gradients of several are averaged; to average their movies, make a job for each."""
    method: Method = field(default_factory=Paper)
    """The method of reconstruction, with its settings."""
    targets: Targets = "recorded"
    """The responses that are explained."""
    share: float = 1.0
    """Share of the neurons that is kept, the same for all encoders; the neurons of a smaller share are among those of a
    larger one."""
    silenced: bool = False
    """Whether omitted neurons stay in the loss with responses of 0, as in the released code."""
    draw: int = 0
    """Number of the random draw of neurons."""
    together: tuple[Clip, ...] = ()
    """Other trials of the same movie, of this or other animals, whose responses are explained as well."""

    @property
    def name(self) -> str:
        """Animal and trial, as used in messages."""
        return f"{self.clip.animal} trial {self.clip.name}"

    def describe(self, session: Session) -> dict[str, Any]:
        """Return all that determines the result, ready for JSON: contents, never names or places of files."""
        truth = session.truth_folder if self.targets == "truth" else None
        animals = dict.fromkeys(clip.animal for clip in (self.clip, *self.together))
        return {
            "clip": self.clip.digest(session),
            "together": [clip.digest(session) for clip in self.together],
            "encoders": [session.encoder_digest(folder) for folder in self.encoders],
            "fitted": [
                subject.fingerprint
                for animal in animals
                for folder in self.encoders
                if _uses_fits(subject := session.fitted(animal, folder).subject, self.method)
            ],
            "truth": session.encoder_digest(truth) if truth else None,
            "mask": None
            if isinstance(self.method, Map | Ridge)
            else digest(*(session.mask(animal) for animal in animals)),
            **deciding_settings(self.method),
            "targets": self.targets,
            "share": self.share,
            "silenced": self.silenced,
            "draw": [self.clip.name, session.sources.seed, self.draw] if self.share < 1 else None,
        }

    def fingerprint(self, session: Session) -> str:
        """Return 16 hexadecimal digits that change whenever anything that determines the result changes."""
        return digest_of(self.describe(session))


def _uses_fits(subject: Subject, method: Method) -> bool:
    """Return whether a method uses fitted parts other than the mask, whose values are described already."""
    return not isinstance(method, Paper) or subject.learned_from != "sizes"


def expected_work(job: Job, session: Session) -> float:
    """Return the approximate work of a job, without unit: steps times neurons times frames of all its encoders."""
    steps = 1 if isinstance(job.method, Ridge) else getattr(job.method, "steps", Map().steps)
    seen = sum(clip.frames(session) * session.recordings[clip.animal].neurons for clip in (job.clip, *job.together))
    return float(steps * seen * len(job.encoders) * job.share)


def perform(job: Job, session: Session, place: JobFolder, label: str = "") -> Solution:
    """Do one job, or read its result where it is finished already; with a ``label``, a bar shows its steps.

    Raises ReverieError when the clip has no responses or a part was not fitted.
    """
    if place.finished.exists():
        return read_solution(place.finished)
    write_json(place.folder / "job.json", {"animal": job.clip.animal, "trial": job.clip.name, **job.describe(session)})
    method = job.method
    if isinstance(method, Paper):
        method = replace(method, mask=joined_mask(job, session))
    if isinstance(method, Paper | Map):
        return solve_or_resume(problem_of(job, session), method, place, label, session.device)
    solution = _combine(job, method, session, place, label) if isinstance(method, Combined) else _decode(job, session)
    write_solution(place.finished, solution)
    return solution


def parts_of(jobs: Iterable[Job]) -> dict[tuple[str, Path], set[str]]:
    """Return the parts that jobs need, by animal and encoder."""
    wanted: dict[tuple[str, Path], set[str]] = {}
    for job in jobs:
        for clip in (job.clip, *job.together):
            for folder in job.encoders:
                wanted.setdefault((clip.animal, folder), set()).update(parts_for(job.method))
    return wanted


def fit_parts(session: Session, task: tuple[str, Path, tuple[str, ...]]) -> None:
    """Fit parts of one animal and encoder where they are not fitted yet."""
    animal, folder, parts = task
    fit(session.fitted(animal, folder), parts)


def joined_mask(job: Job, session: Session) -> Mask:
    """Return the largest of the masks of a job's animals at each pixel, (height, width)."""
    animals = dict.fromkeys(clip.animal for clip in (job.clip, *job.together))
    union: Mask = np.max([session.mask(animal) for animal in animals], axis=0)
    return union


def problem_of(job: Job, session: Session) -> Problem:
    """Return the problem of a job, each encoder an observation of each trial.

    Raises ReverieError when the clip has no responses.
    """
    observations = tuple(
        observation
        for clip in (job.clip, *job.together)
        for observation in _observations(replace(job, clip=clip), session)
    )
    fits = [session.fitted(job.clip.animal, folder) for folder in job.encoders]
    return Problem(observations, prior_for(fits, job.method))


def _observations(job: Job, session: Session) -> list[Observation]:
    """Return the observations of a job's own clip, one for each encoder."""
    trial = job.clip.read(session)
    rows = None if job.share >= 1 else kept_neurons(job, session)
    found = []
    for folder in job.encoders:
        responses = np.array(targets_of(job, session, trial, folder))
        if rows is not None and job.silenced:
            silent = np.ones(len(responses), dtype=bool)
            silent[rows] = False
            responses[silent] = 0.0
        fitted = session.fitted(job.clip.animal, folder)
        observation = observe(fitted, trial, job.method, responses, shared_by=len(job.encoders))
        if rows is not None and not job.silenced:
            observation = replace(observation, neurons=torch.from_numpy(rows))
        found.append(observation)
    return found


def _combine(job: Job, method: Combined, session: Session, place: JobFolder, label: str) -> Solution:
    """Find the most probable movie, in resumable searches, and average it with ridge's movies of the trials."""
    if job.share < 1:
        raise NotApplicable("The method `combined` reads all neurons; choose `map` or `paper` to leave some out.")
    fitted = session.fitted(job.clip.animal, job.encoders[0])
    searches, share = plan_of(method, fitted)
    problem = problem_of(replace(job, method=searches[0]), session)
    clips = (job.clip, *job.together)
    linear = [
        session.fitted(clip.animal, job.encoders[0]).ridge.decode(
            targets_of(replace(job, clip=clip), session, clip.read(session), job.encoders[0])
        )
        for clip in clips
    ]
    # Where an animal does not see, its decoder has no information, and the movies of the others count.
    weights = np.stack([session.mask(clip.animal) for clip in clips]).clip(LEAST_WEIGHT)
    joined = np.einsum("ctyx,cyx->tyx", np.stack(linear), weights / weights.sum(axis=0), dtype=np.float32)

    def find(posed: Problem, search: Map, name: str, start: Movie | None) -> Solution:
        shown = f"{label}, {name.replace('-', ' ')}" if label and len(searches) > 1 else label
        return solve_or_resume(posed, search, place.part(name), shown, session.device, start)

    scenes = fitted.scenes if len(searches) > 1 else None
    found = search_in_turns(searches, problem, scenes, joined, share, find)
    fits = [session.fitted(clip.animal, job.encoders[0]) for clip in clips]
    return finish(method, fits, found, joined)


def _decode(job: Job, session: Session) -> Solution:
    if job.share < 1:
        raise ReverieError(f"The method `{job.method.name}` reads all neurons; it cannot leave any out.")
    if job.together:
        require_joining(job.method)
    trial, fitted = job.clip.read(session), session.fitted(job.clip.animal, job.encoders[0])
    return fitted.ridge.solve(targets_of(job, session, trial, job.encoders[0]))


def require_joining(method: Method) -> None:
    """Raise NotApplicable where a method cannot explain several trials together."""
    if isinstance(method, Ridge):
        raise NotApplicable(f"The method `{method.name}` reads one trial; choose `map` to join several.")


def kept_neurons(job: Job, session: Session) -> Indices:
    """Return the rows of the neurons that are kept, sorted; at least one."""
    neurons = session.recordings[job.clip.animal].neurons
    seeds = [session.sources.seed, seed_of(f"{job.clip.animal}/{job.clip.name}/{job.draw}")]
    order = np.random.default_rng(seeds).permutation(neurons)
    rows: Indices = np.sort(order[: max(1, round(job.share * neurons))])
    return rows


def targets_of(job: Job, session: Session, trial: Trial, folder: Path) -> Responses:
    """Return the responses that the encoder of one folder is to explain, (neuron, time)."""
    if job.targets == "recorded":
        return explained_responses(session.fitted(job.clip.animal, folder), trial, job.method)
    source = session.truth if job.targets == "truth" else session.encoder(folder)
    return predict(source, trial.known_movie, trial.known_state, job.clip.animal)
