"""The tests of error maps themselves are in tests/evaluation/test_deviations.py; here is the experiment around them."""

from dataclasses import replace

import numpy as np
import pytest

from reverie.fitted.materials import Materials, open_materials
from reverie.jobs.null_trials import null_clips
from reverie.studies import errors
from reverie.studies.laboratory import Laboratory
from reverie.studies.running import run_experiment

SIZE = errors.Size(clips=1, frames=30, nulls=19)


@pytest.fixture(scope="module")
def one_encoder(laboratory):
    """The laboratory with the truth as its only encoder: animals whose responses do come from their encoder."""
    sources = laboratory.materials.sources
    opened = open_materials(replace(sources, animals=("left",)))
    truth = opened.truth_folder
    alone = replace(opened.sources, encoders=(truth,))
    materials = Materials(alone, opened.recordings, {truth: opened.truth}, opened.device)
    materials.__dict__["masks"] = opened.masks
    workers = replace(laboratory.workers, context=materials)
    scale = replace(laboratory.scale, stops=(20,), clips=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(errors.SIZES, scale.name, SIZE)
        yield Laboratory(materials, scale, laboratory.out / "truth", workers)


@pytest.fixture(scope="module")
def section(one_encoder):
    return run_experiment(one_encoder, errors.ERRORS)


def test_an_animal_that_is_its_encoder_has_no_significant_deviation(section):
    table = section.plates[0].data
    assert len(table) == 1
    assert (table["p_largest"] > 0.05).all()
    assert (table["share_significant"] == 0).all()
    assert table["mean_absolute"].iloc[0] == pytest.approx(table["null_mean_absolute"].iloc[0], rel=0.3)
    assert section.sentences[0].startswith("0 of 1")
    assert section.plates[1].data.empty
    assert {"clip", "first", "last", "row", "column", "mean"} <= set(section.plates[1].data.columns)


def test_a_planted_deviation_is_found(one_encoder):
    (clip,) = errors.chosen(one_encoder)
    materials = one_encoder.materials
    changed = np.array(clip.movie)
    changed[6:28, 11:25, 23:41] = np.where(changed[6:28, 11:25, 23:41].mean() < 128, 255.0, 0.0)
    seen = replace(clip, movie=changed, responses=None)
    (trial,) = null_clips(materials, seen, 1)  # a trial of the changed movie, with this animal's noise
    found = errors.examine(one_encoder, replace(clip, responses=trial.responses))
    assert found.test.p_value == found.test.overall_p_value == 1 / 20
    largest = found.test.patches[0]
    assert 11 <= largest.row < 25
    assert 23 <= largest.column < 41


def test_the_error_map_is_there_as_a_movie(section, one_encoder):
    (address,) = section.links.values()
    assert (one_encoder.out / "errors" / address).read_bytes()[4:8] == b"ftyp"
