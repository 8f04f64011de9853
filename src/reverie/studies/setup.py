"""What every study works with: the session, the finished jobs, and the scores of their movies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import pandas as pd

from reverie.fitted.session import Session
from reverie.foundation.arrays import DEGREES_PER_PIXEL, Movie
from reverie.foundation.devices import describe
from reverie.foundation.errors import ReverieError, counted
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import Method
from reverie.inversion.postprocessing import average, blur
from reverie.jobs.clip import Clip
from reverie.jobs.engines.contract import raise_all
from reverie.jobs.job import Job, Targets
from reverie.jobs.store import JobFolder, Store, read_solution
from reverie.jobs.workers import Workers
from reverie.jobs.working import do_jobs
from reverie.recordings.recording import Recording
from reverie.scoring.controls import Comparison
from reverie.scoring.rule import frames_to_skip, scored_region
from reverie.scoring.scores import measure
from reverie.studies.choosing import Scale, Stop, choose_clips, choose_stop, validation_clips

Conditions = Mapping[str, Mapping[Clip, Sequence[Job]]]
"""By condition and clip: the jobs whose movies are averaged. A condition may leave clips out."""


def jobs_of(conditions: Conditions) -> list[Job]:
    """Return all jobs that the conditions need."""
    return [job for clips in conditions.values() for jobs in clips.values() for job in jobs]


def jobs_for(conditions: "Callable[[Setup], Conditions]") -> "Callable[[Setup], list[Job]]":
    """Return the plan of a study that compares conditions: all jobs that they need."""
    return lambda setup: jobs_of(conditions(setup))


def plain_jobs(setup: "Setup") -> list[Job]:
    """Return the jobs of every clip by every encoder, from recorded responses, as published."""
    return jobs_of({"": setup.jobs()})


def degrees_of_pixel(recording: Recording) -> float:
    """Return the visual angle of a pixel of a recording's movies; where it does not say, that of Sensorium 2023."""
    return recording.degrees_per_pixel or DEGREES_PER_PIXEL


def measure_movie(session: Session, movie: Movie, clip: Clip) -> dict[str, float]:
    """Return the main scores of a clip's reconstruction within the evaluation mask, without the first frames."""
    truth = clip.read(session).known_movie
    comparison = Comparison.after(frames_to_skip(len(truth)), movie, truth)
    return measure(comparison, scored_region(session.mask(clip.animal)))


@dataclass(frozen=True, eq=False)
class Setup:
    """Everything a study may use."""

    session: Session
    """Recordings, encoders, masks, truth, seed."""
    scale: Scale
    """How large studies are."""
    out: Path
    """Folder of all studies, which share their finished jobs."""
    workers: Workers[Session]
    """The processes that do the jobs."""
    trials: tuple[str, ...] = ()
    """Names of trials or tiers to study; the test tier when empty."""
    stops: dict[tuple[Path, Targets, tuple[float, ...]], Stop] = field(default_factory=dict)
    """Stops chosen so far, by encoder, targets and blurs to choose from."""

    @property
    def encoders(self) -> tuple[Path, ...]:
        """The folders of the trained encoders."""
        return self.session.sources.encoders

    @property
    def seed(self) -> int:
        """The seed of all random numbers."""
        return self.session.sources.seed

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The clips of every animal that are reconstructed at this scale, each movie once."""
        return choose_clips(self.session, self.trials, self.scale.clips)

    def settings(
        self, encoder: Path | None = None, targets: Targets = "recorded", blurs: tuple[float, ...] = (0.5,)
    ) -> Paper:
        """Return the published method's settings for an encoder (the first by default) and targets, with their stop.

        The stop (and the blur, where there are several to choose from) is chosen on validation clips, which are not
        reported. A single number of steps with a single blur is taken as it is.
        """
        folder = encoder or self.encoders[0]
        settings = Paper(stride=self.scale.stride, steps=self.scale.stops[-1], blur=blurs[0])
        if len(self.scale.stops) == len(blurs) == 1:
            return settings
        key = (folder, targets, blurs)
        if key not in self.stops:
            clips = validation_clips(self.session, self.clips, self.scale.validation)
            jobs = [Job(clip, (folder,), settings, targets) for clip in clips]
            candidates = [*product(self.scale.stops, blurs)]
            self.stops[key] = choose_stop(jobs, candidates, self.workers, self.out / "stops")
        steps, blur = self.stops[key]
        return replace(settings, steps=steps, blur=blur)

    def jobs(
        self,
        method: Method | None = None,
        encoders: Sequence[Path] | None = None,
        targets: Targets = "recorded",
        clips: Iterable[Clip] | None = None,
    ) -> dict[Clip, list[Job]]:
        """Return the jobs of clips, one for each encoder.

        Without arguments: every clip, by every encoder, from recorded responses.
        """
        chosen_method = method or self.settings()
        encoders = self.encoders if encoders is None else encoders
        chosen = self.clips if clips is None else clips
        return {clip: [Job(clip, (folder,), chosen_method, targets) for folder in encoders] for clip in chosen}

    def run(self, jobs: Sequence[Job], description: str) -> None:
        """Do the jobs that are not finished yet, each once, after fitting what they need.

        When jobs fail, the others are done first; then the error is raised.
        """
        raise_all(do_jobs(self.workers, self.store, jobs, description))

    def place(self, job: Job) -> JobFolder:
        """Return the folder of a job's result; its name is the job's fingerprint."""
        return self.store.place(job.fingerprint(self.session))

    @property
    def store(self) -> Store:
        """The store of the results of all studies' jobs."""
        return Store(self.out.absolute() / "jobs")

    def movie(self, jobs: Sequence[Job], sigma: float | None = None) -> Movie:
        """Return the mean of the jobs' movies, blurred by ``sigma`` pixels and frames (by default their settings').

        Raises ReverieError when a job was not done.
        """
        places = [self.place(job) for job in jobs]
        for place in places:
            if not place.finished.exists():
                raise ReverieError(f"{place.folder} is not finished; give the same command again.")
        mean = average([read_solution(place.finished) for place in places])
        return blur(mean.movie, jobs[0].method.blur if sigma is None else sigma)

    def score(self, conditions: Conditions, sigma: float | None = None) -> pd.DataFrame:
        """Return a row of scores per condition and clip: condition, animal, clip, and one column per score.

        Parameters
        ----------
        sigma
            Sigma of the blur, pixels and frames; by default the one of the jobs' settings.
        """
        rows = [
            {"condition": condition, "animal": clip.animal, "clip": clip.name}
            | measure_movie(self.session, self.movie(jobs, sigma), clip)
            for condition, clips in conditions.items()
            for clip, jobs in clips.items()
        ]
        return pd.DataFrame(rows)

    def leads(self) -> list[str]:
        """Say what data the measured numbers come from, and when descents were stopped."""
        neurons = ", ".join(f"{name} ({one.neurons} neurons)" for name, one in self.session.recordings.items())
        kind = (
            "simulated animals, whose responses come from a model and not from a brain"
            if self.session.simulated
            else "animals"
        )
        return [
            f"Measured on {kind}: {neurons}; {len(self.clips)} clips, "
            f"{counted(len(self.encoders), 'encoder')}, scale “{self.scale.name}”.",
            _stop_sentence(self.scale),
        ]

    def record(self) -> dict[str, object]:
        """Return how results were made here, ready for JSON."""
        sources = self.session.sources
        settings = {
            "data": str(sources.data.resolve()),
            "encoders": {folder.name: self.session.encoder_digest(folder) for folder in sources.encoders},
            "clips": [f"{clip.animal} {clip.name}" for clip in self.clips],
            "scale": asdict(self.scale),
            "stops": {
                f"{folder.name}, {targets}": f"{steps} steps, blur {blur:g}"
                for (folder, targets, _), (steps, blur) in self.stops.items()
            },
        }
        return describe(settings, seed=sources.seed, device=self.session.device)


def _stop_sentence(scale: Scale) -> str:
    if len(scale.stops) == 1:
        return f"Every descent of the published method took {scale.stops[0]} steps."
    return (
        "Every descent of the published method was stopped after the number of steps (of "
        f"{', '.join(map(str, scale.stops))}) that was best on validation clips, chosen for one encoder and each kind "
        "of target responses; as published it takes 1000, which with few neurons fits the noise of the single trial."
    )
