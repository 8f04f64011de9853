"""Error maps of planted deviations, and the study around them (the statistics: tests/scoring/test_deviations.py)."""

from dataclasses import replace

import numpy as np
import pytest
from tests.studies.conftest import keep_mask

from reverie.fitted.session import Session, open_session
from reverie.jobs.clip import simulated_clips
from reverie.scoring.rule import scored_frames
from reverie.studies import errors
from reverie.studies.errors import ErrorMap, mean_profiles
from reverie.studies.running import run_study
from reverie.studies.setup import Setup


@pytest.fixture
def planted():
    generator = np.random.default_rng(0)
    predicted = np.full((30, 20, 24), 127.5, dtype=np.float32)
    draw = lambda: predicted + generator.standard_normal(predicted.shape).astype(np.float32)  # noqa: E731
    recorded, nulls = draw(), [draw() for _ in range(19)]
    recorded[10:20, 5:11, 5:11] += 2
    mask = np.zeros((20, 24), np.float32)
    mask[2:-2, 2:-2] = 1.5
    truth = generator.uniform(0, 255, predicted.shape).astype(np.float32)
    nulls = [each - predicted for each in nulls]
    return ErrorMap("one", truth, recorded, predicted, nulls, mask, degrees_per_pixel=3.4, frame_rate=30.0)


def test_deviations_outside_the_mask_do_not_count(planted):
    assert planted.region.sum() == 16 * 20
    patch = planted.test.patches[0]
    np.testing.assert_allclose([patch.row, patch.column], [7.5, 7.5], atol=1)
    assert 8 <= patch.first <= 12


def test_numbers_tell_the_map_and_its_simulated_trials_apart(planted):
    row = planted.numbers()
    assert row["p_largest"] == row["p_overall"] == pytest.approx(0.05)
    assert row["mean_absolute"] > 1.05 * row["null_mean_absolute"]
    assert row["length_frames"] > row["null_length_frames"]
    assert 0 < row["share_significant"] < 0.2


def test_profiles_are_means_over_clips(planted):
    curves = mean_profiles([planted, planted])
    assert set(curves["kind"]) == {"error maps", "simulated trials"}
    assert set(curves["along"]) == {"lag (frames)", "lag (pixels)", "eccentricity (°)"}
    assert len(curves) == len(curves.drop_duplicates(["kind", "along", "place"]))
    at_zero = curves[(curves["place"] == 0) & curves["along"].str.startswith("lag")]
    np.testing.assert_allclose(at_zero["value"], 1.0)


SIZE = errors.Size(clips=1, frames=30, nulls=19)


@pytest.fixture(scope="module")
def one_encoder(setup):
    """The setup with the truth as its only encoder: animals whose responses do come from their encoder."""
    sources = setup.session.sources
    opened = open_session(replace(sources, animals=("left",)))
    truth = opened.truth_folder
    alone = replace(opened.sources, encoders=(truth,))
    session = Session(alone, opened.recordings, {truth: opened.truth}, opened.device)
    keep_mask(session, opened.mask("left"))
    workers = replace(setup.workers, context=session)
    scale = replace(setup.scale, stops=(20,), clips=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(errors.SIZES, scale.name, SIZE)
        yield Setup(session, scale, setup.out / "truth", workers)


@pytest.fixture(scope="module")
def section(one_encoder):
    return run_study(one_encoder, errors.ERRORS)


@pytest.mark.slow
def test_an_animal_that_is_its_encoder_has_no_significant_deviation(section):
    table = section.findings.pictures[0].data
    assert len(table) == 1
    assert (table["p_largest"] > 0.05).all()
    assert (table["share_significant"] == 0).all()
    assert table["mean_absolute"].iloc[0] == pytest.approx(table["null_mean_absolute"].iloc[0], rel=0.3)
    assert section.findings.sentences[0].startswith("0 of 1")
    assert section.findings.pictures[1].data.empty
    assert {"clip", "first", "last", "row", "column", "mean"} <= set(section.findings.pictures[1].data.columns)


@pytest.mark.slow
def test_a_planted_deviation_is_found(one_encoder):
    (clip,) = errors.chosen_excerpts(one_encoder)
    session = one_encoder.session
    changed = np.array(clip.movie)
    changed[6:28, 5:13, 11:21] = np.where(changed[6:28, 5:13, 11:21].mean() < 128, 255.0, 0.0)
    seen = replace(clip, movie=changed, responses=None)
    (trial,) = simulated_clips(session, seen, 1)  # a trial of the changed movie, with this animal's noise
    found = errors.make_error_map(one_encoder, replace(clip, responses=trial.responses))
    assert len(found.error) == len(found.truth) == len(changed[scored_frames(len(changed))]) < len(changed)
    assert found.test.p_value == found.test.overall_p_value == 1 / 20
    largest = found.test.patches[0]
    assert 5 <= largest.row < 13
    assert 11 <= largest.column < 21


@pytest.mark.slow
def test_the_error_map_is_there_as_a_movie(section, one_encoder):
    (address,) = section.findings.links.values()
    assert (one_encoder.out / "errors" / address).read_bytes()[4:8] == b"ftyp"


def test_a_library_without_h264_costs_no_study(planted, setup, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("reverie.reporting.video_files.CODEC", "libx999")
    monkeypatch.setattr(errors, "chosen_excerpts", lambda setup: ["one"])
    monkeypatch.setattr(errors, "make_error_map", lambda setup, clip: planted)
    found = errors.conclude(replace(setup, out=tmp_path))
    assert found.links == {}
    assert len(found.pictures[0].data) == 1
    assert "no libx999" in capsys.readouterr().err
