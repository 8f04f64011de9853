"""Do predicted responses agree more with the recorded ones from the true movie, or from the reconstruction?"""

from collections.abc import Sequence

import pandas as pd

from reverie.encoders.prediction import predict_mean
from reverie.inversion.postprocessing import grey_outside, match_luminance_and_contrast
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job
from reverie.recordings.opening import responses_of
from reverie.scoring.correlation import response_consistency
from reverie.scoring.rule import TRAINING_THRESHOLD, scored_frames
from reverie.studies import published
from reverie.studies.conditions import mean_of, mean_text, sentence_over_animals, summarise_conditions
from reverie.studies.setup import Setup, plain_jobs
from reverie.studies.study import Findings, PaperComparison, Study, groups_picture

TRUTH, MASKED, FOUND, MATCHED = "true movie", "masked true movie", "reconstruction", "matched reconstruction"
NAMES = (TRUTH, MASKED, FOUND, MATCHED)
SCORE = "response_consistency"


def conclude(setup: Setup) -> Findings:
    """Predict responses from four movies and correlate them with the recorded ones, over neurons × frames."""
    scores = pd.DataFrame([row for clip, jobs in setup.jobs().items() for row in _rows(setup, clip, jobs)])
    summary = summarise_conditions(scores, SCORE, NAMES, setup.seed)
    means = {name: mean_of(summary, name) for name in NAMES}
    excess = means[FOUND] - means[TRUTH]
    verdict = (
        "the reconstruction explains the recorded trial better than the true movie does, so it has fitted some of the "
        "noise of this very trial"
        if excess > 0
        else "the reconstruction does not explain the recorded trial better than the true movie, so there is no "
        "sign of over-fitting to the noise of the trial"
    )
    sentences = [
        f"Predicted from the reconstruction, responses agree with the recorded ones at {mean_text(summary, FOUND)}, "
        f"from the true movie at {mean_text(summary, TRUTH)}: {verdict}.",
        f"Greying the true movie outside the training mask changes the consistency by "
        f"{100 * (means[MASKED] / means[TRUTH] - 1):+.1f} %; giving the reconstruction the truth's mean and contrast "
        f"changes it by {100 * (means[MATCHED] / means[FOUND] - 1):+.1f} %, which shows how far the responses "
        "determine brightness and contrast.",
        sentence_over_animals(scores, SCORE, TRUTH),
    ]
    theirs = {TRUTH: f"{published.CONSISTENCY_TRUTH}", FOUND: f"{published.CONSISTENCY_RECONSTRUCTION}"}
    theirs[MASKED] = "{:g}–{:g} % lower".format(*published.MASKING_LOSS)
    comparison = [PaperComparison(name, mean_text(summary, name), theirs.get(name, "–")) for name in NAMES]
    caption = (
        "Correlation of predicted with recorded responses, over all neurons and frames, by the movie they were "
        "predicted from, rates being the mean of all encoders"
    )
    return Findings(sentences, [groups_picture("consistency", caption, scores, summary, SCORE)], comparison)


def _rows(setup: Setup, clip: Clip, jobs: Sequence[Job]) -> list[dict[str, object]]:
    trial = clip.read(setup.session)
    recorded = responses_of(clip.animal, trial)
    region = setup.session.mask(clip.animal) >= TRAINING_THRESHOLD
    movie = setup.movie(jobs)
    movies = {
        TRUTH: trial.known_movie,
        MASKED: grey_outside(trial.known_movie, region),
        FOUND: movie,
        MATCHED: match_luminance_and_contrast(movie, trial.known_movie, region),
    }
    encoders = tuple(setup.session.encoders.values())
    scored = scored_frames(trial.frames)
    rows: list[dict[str, object]] = []
    for name, shown in movies.items():
        rates = predict_mean(encoders, shown, trial.known_state, clip.animal)
        agreement = response_consistency(rates[:, scored], recorded[:, scored])
        rows.append({"condition": name, "animal": clip.animal, "clip": clip.name, SCORE: agreement})
    return rows


CONSISTENCY = Study(
    "consistency",
    "Consistency with the recorded responses",
    "Does a reconstruction explain the recorded responses better than the movie that was really shown?",
    conclude,
    plain_jobs,
)
