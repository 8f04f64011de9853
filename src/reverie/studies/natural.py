"""How good are reconstructions from single trials? (Bauer et al. 2026, figure 2.)"""

import numpy as np
import pandas as pd

from reverie.foundation.fingerprints import digest_of
from reverie.jobs.clip import by_animal
from reverie.jobs.engines.contract import raise_all
from reverie.reporting.pictures import evenly_placed
from reverie.runs.evaluating import evaluate_run
from reverie.runs.reconstructing import fill_run, record_of
from reverie.runs.reporting import report_run
from reverie.runs.run import Run
from reverie.runs.run_folder import RunFolder
from reverie.scoring.controls import CONTROLS
from reverie.studies import published
from reverie.studies.conditions import VIDEO, mean_of, mean_text, summarise_conditions
from reverie.studies.figures import strips_figure
from reverie.studies.setup import Setup, plain_jobs
from reverie.studies.study import Findings, PaperComparison, Picture, Study, groups_picture

PARTS = {
    "whole": VIDEO,
    "static part": f"{VIDEO}_static",
    "dynamic part": f"{VIDEO}_dynamic",
    "pattern": f"{VIDEO}_pattern",
    "frame": "frame_correlation",
    "full frame": f"{VIDEO}_full_frame",
}
CHANCE = {"found": VIDEO, **{name.replace("_", " "): f"{VIDEO}_{name}" for name in CONTROLS}}


def conclude(setup: Setup) -> Findings:
    """Score against the truth and against controls, over clips and for each animal."""
    run = _run_folder(setup)
    scores = _scores(setup, run)
    page = report_run(run.folder)
    seed = setup.seed
    parts, chance = _long(scores, PARTS), _long(scores, CHANCE)
    of_parts, of_chance = (
        summarise_conditions(rows, "correlation", list(names), seed)
        for rows, names in ((parts, PARTS), (chance, CHANCE))
    )
    animals = summarise_conditions(
        scores.assign(condition=scores["animal"]), VIDEO, scores["animal"].unique().tolist(), seed
    )
    return Findings(
        [
            f"From single trials, the published method, stopped after {setup.settings().steps} steps, reaches a video "
            f"correlation of {mean_text(of_parts, 'whole')} inside the evaluation mask, where another movie would "
            f"score {mean_of(of_chance, 'other movie'):.3f} and the right frames in random order "
            f"{mean_of(of_chance, 'shuffled'):.3f}.",
            f"The dynamic part, what changes within a shot, is found at {mean_text(of_parts, 'dynamic part')}. "
            + _moment(mean_of(of_chance, "other moment")),
        ],
        [
            groups_picture("scores", "Correlation with the true movie", parts, of_parts, "correlation"),
            groups_picture(
                "controls", "Video correlation, and without knowing the movie", chance, of_chance, "correlation"
            ),
            _strips(setup),
        ],
        [
            PaperComparison("video correlation", mean_text(of_parts, "whole"), published.text(published.HEADLINE)),
            PaperComparison(
                "frame correlation", mean_text(of_parts, "frame"), published.text(published.FRAME_CORRELATION)
            ),
            PaperComparison(
                "video correlation, full frame", mean_text(of_parts, "full frame"), f"{published.FULL_FRAME}"
            ),
            PaperComparison("… of the dynamic part", mean_text(of_parts, "dynamic part"), "–"),
            *(PaperComparison(f"… of {animal}", mean_text(animals, animal), "–") for animal in animals["condition"]),
        ],
        {"All movies, to play, with responses and every score": page},
    )


def _moment(score: float) -> str:
    if not np.isfinite(score):
        return "No shot is long enough to be compared with another moment of the same scene."
    return f"The right scene at a wrong moment scores {score:.3f}."


def _run_folder(setup: Setup) -> RunFolder:
    """Return the run folder of exactly these jobs; other clips or settings get another folder."""
    jobs = [job.fingerprint(setup.session) for job in plain_jobs(setup)]
    return RunFolder(setup.out / "natural" / "runs" / digest_of({"jobs": jobs}))


def _scores(setup: Setup, run: RunFolder) -> pd.DataFrame:
    names = {animal: [clip.name for clip in clips] for animal, clips in by_animal(setup.clips).items()}
    method = setup.settings()
    how = Run(method, about=(f"The descent was stopped after {method.steps} steps.",))
    run.open(record_of(setup.session, names, how))
    raise_all(fill_run(run, names, how, setup.workers, setup.store))
    return evaluate_run(run.folder).rename(columns={"trial": "clip"})


def _long(scores: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    named = scores[["animal", "clip"]].assign(**{name: scores[column] for name, column in names.items()})
    return named.melt(["animal", "clip"], var_name="condition", value_name="correlation")


def _strips(setup: Setup) -> Picture:
    """Draw frames of the first clip of each animal above those of its reconstruction."""
    clips = [first for first, *_ in by_animal(setup.clips).values()][:3]
    movies, labels = [], []
    for clip, jobs in setup.jobs(clips=clips).items():
        truth = clip.read(setup.session).known_movie
        chosen = evenly_placed(len(truth), 5)
        movies += [truth[chosen], setup.movie(jobs)[chosen]]
        labels += [clip.animal[:14], "recon."]
    data = pd.DataFrame([{"animal": clip.animal, "clip": clip.name} for clip in clips])
    caption = "Five evenly spaced frames of a clip, above those of its reconstruction."
    return Picture("frames", caption, strips_figure(movies, labels), data)


NATURAL = Study(
    "natural",
    "Natural movies from single trials",
    "How well can a movie be reconstructed from the responses to a single trial?",
    conclude,
    plain_jobs,
)
