"""Where experiments are done: materials, the store of finished jobs, and the numbers that every question needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.evaluation.controls import Comparison
from reverie.evaluation.correlation import frame_correlation, video_correlation
from reverie.evaluation.parts import dynamic_correlation, static_correlation
from reverie.evaluation.scores import evaluation_region
from reverie.evaluation.shots import shot_starts
from reverie.execution.workers import Workers
from reverie.experiments.scales import Scale
from reverie.experiments.stops import choose_stop
from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.reconstruction.postprocessing import blur
from reverie.recordings.trial import Trial
from reverie.workflows.choosing_clips import choose_clips, validation_clips
from reverie.workflows.descending import read_result
from reverie.workflows.evaluating import frames_to_skip, scoring_threshold
from reverie.workflows.jobs import Clip, Job, JobFolder, Targets, perform
from reverie.workflows.materials import Materials
from reverie.workflows.settings import ReconstructionSettings

Conditions = Mapping[str, Callable[[Clip], Sequence[Job]]]
"""By name: the jobs of a clip whose movies are averaged."""


@dataclass(frozen=True, eq=False)
class Laboratory:
    """Everything an experiment may use.

    trials: names or tiers asked for; the test tier when empty. out: folder of all experiments.
    """

    materials: Materials
    scale: Scale
    out: Path
    workers: Workers[Materials]
    trials: tuple[str, ...] = ()
    stops: dict[tuple[Path, Targets], int] = field(default_factory=dict)

    @property
    def encoders(self) -> tuple[Path, ...]:
        """The folders of the trained encoders."""
        return self.materials.sources.encoders

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that are reconstructed at this scale: of every animal, each movie once."""
        return choose_clips(self.materials, self.trials, self.scale.clips)

    def settings(self, encoder: Path | None = None, targets: Targets = "recorded") -> ReconstructionSettings:
        """Return how to invert an encoder (the first by default) from such targets, with the stop chosen for them.

        The stop is chosen on validation clips, which are not reported; at a scale with one number of steps it is that.
        """
        folder = encoder or self.encoders[0]
        settings = ReconstructionSettings(stride=self.scale.stride, steps=self.scale.stops[-1])
        if len(self.scale.stops) == 1:
            return settings
        key = (folder, targets)
        if key not in self.stops:
            clips = validation_clips(self.materials, self.clips, self.scale.validation)
            jobs = [Job(clip, (folder,), settings, targets) for clip in clips]
            self.stops[key] = choose_stop(jobs, self.scale.stops, self.workers, self.out / "stops")
        return replace(settings, steps=self.stops[key])

    def singles(self, clip: Clip, settings: ReconstructionSettings | None = None) -> list[Job]:
        """Return the jobs of the plain reconstruction of a clip: recorded responses, one job for each encoder."""
        return [Job(clip, (folder,), settings or self.settings()) for folder in self.encoders]

    def run(self, jobs: Sequence[Job], description: str) -> None:
        """Do the jobs that are not finished yet, each once."""
        places = {self.place(job): job for job in jobs}
        left = [(job, place) for place, job in places.items() if not place.finished.exists()]
        self.workers.run(_perform, left, description)

    def place(self, job: Job) -> JobFolder:
        """Return where the result of a job lies; the folder's name is the job's fingerprint."""
        return JobFolder(self.out / "jobs" / job.fingerprint(self.materials))

    def movie(self, jobs: Sequence[Job], sigma: float | None = None) -> Movie:
        """Return the mean of the jobs' movies, blurred by ``sigma`` (as their settings say by default).

        Raises ReverieError when a job was not done.
        """
        places = [self.place(job) for job in jobs]
        for place in places:
            if not place.finished.exists():
                raise ReverieError(f"{place.folder} is not finished; give the same command again.")
        mean: Movie = np.stack([read_result(place.finished).movie for place in places]).mean(axis=0, dtype=np.float32)
        return blur(mean, jobs[0].settings.blur if sigma is None else sigma)

    def score(self, movie: Movie, clip: Clip, threshold: float | None = None) -> dict[str, float]:
        """Return the scores of a clip's reconstruction within the evaluation mask, or from ``threshold`` on."""
        trial = clip.read(self.materials)
        mask = self.materials.masks[clip.animal]
        region = evaluation_region(mask, scoring_threshold(mask) if threshold is None else threshold)
        pair = compare(movie, trial)
        found, truth, shots = pair.reconstruction, pair.truth, pair.shots
        return {
            "video_correlation": video_correlation(found, truth, region),
            "frame_correlation": frame_correlation(found, truth, region),
            "video_correlation_static": static_correlation(found, truth, shots, region),
            "video_correlation_dynamic": dynamic_correlation(found, truth, shots, region),
        }

    def score_conditions(self, conditions: Conditions) -> pd.DataFrame:
        """Return a row of scores per condition and clip: condition, animal, clip, and one column per score."""
        scores = pd.DataFrame()
        for name, jobs in conditions.items():
            scores = self.add_scores(scores, name, partial(self._mean_movie, jobs))
        return scores

    def add_scores(self, scores: pd.DataFrame, condition: str, movie: Callable[[Clip], Movie]) -> pd.DataFrame:
        """Return the table with another condition's rows, scored on the movie that it makes of each clip."""
        rows = [
            {"condition": condition, "animal": clip.animal, "clip": clip.name, **self.score(movie(clip), clip)}
            for clip in self.clips
        ]
        return pd.concat([scores, pd.DataFrame(rows)], ignore_index=True)

    def _mean_movie(self, jobs: Callable[[Clip], Sequence[Job]], clip: Clip) -> Movie:
        return self.movie(jobs(clip))

    def all_jobs(self, conditions: Conditions) -> list[Job]:
        """Return the jobs that the conditions need of every clip."""
        return [job for jobs in conditions.values() for clip in self.clips for job in jobs(clip)]


def compare(movie: Movie, trial: Trial) -> Comparison:
    """Return a reconstruction beside its truth, without the first frames that are not scored."""
    skip = frames_to_skip(trial.frames)
    shots = np.unique(np.maximum(shot_starts(trial.movie) - skip, 0))
    return Comparison(movie[skip:], trial.movie[skip:], shots)


def _perform(materials: Materials, task: tuple[Job, JobFolder]) -> None:
    perform(task[0], materials, task[1])
