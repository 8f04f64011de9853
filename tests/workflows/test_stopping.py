import numpy as np
import pytest
import torch

from reverie.encoders.checkpoints import load_encoder
from reverie.evaluation.correlation import video_correlation
from reverie.reconstruction.postprocessing import blur
from reverie.reconstruction.reconstruct import reconstruct
from reverie.recordings.sensorium import open_recordings
from reverie.workflows.reconstructing import Job, ReconstructionSettings, problem_of
from reverie.workflows.stopping import choose_steps


@pytest.fixture
def job(unspoilt_world):
    encoder = load_encoder(unspoilt_world.encoder)
    recording = open_recordings(unspoilt_world.data)["alpha"]
    mask = np.full((36, 64), 0.7, np.float32)
    mask[10:26, 20:44] = 1.3
    settings = ReconstructionSettings(steps=9, stride=32)
    return Job(recording, {unspoilt_world.encoder: encoder}, mask, settings, torch.device("cpu"))


def test_the_best_of_the_candidates_is_chosen_by_what_stopping_there_would_score(job):
    steps, scores = choose_steps(job, ["6", "1"], [12, 3, 6])
    assert scores.index.tolist() == [3, 6, 12]
    assert scores.columns.tolist() == ["6", "1"]
    assert steps == scores.mean(axis=1).idxmax()
    trial = job.recording.trial("1")
    stopped = reconstruct(
        problem_of(job, trial, list(job.encoders.values())), ReconstructionSettings(steps=6, stride=32).solver()
    )
    expected = video_correlation(blur(stopped.movie, 0.5), trial.movie, job.mask >= 1.0)
    assert scores.loc[6, "1"] == pytest.approx(expected, abs=1e-6)
