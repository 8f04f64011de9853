import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import DEFAULT, METHODS, deciding_settings, describe_method, method_of
from reverie.inversion.methods.ridge import Ridge


def test_a_method_is_found_by_its_name_with_its_settings():
    assert method_of("map", {}) == Map()
    assert method_of("paper", {"steps": 20, "idle_first_step": False}) == Paper(steps=20, idle_first_step=False)
    assert all(type(method_of(name, {})) is kind for name, kind in METHODS.items())


def test_the_default_comes_first():
    assert next(iter(METHODS)) == DEFAULT.name == "combined"


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("magic", {}, r"no method 'magic'; choose one of: combined, map, paper, ridge\.$"),
        ("map", {"stride": 8}, "`map` has no setting `stride`; it belongs to `paper`"),
        ("ridge", {"steps": 8}, "`ridge` has no setting `steps`; it belongs to `map`, `paper`"),
        ("map", {"colour": 1}, r"`map` has no setting `colour`\.$"),
        ("ridge", {"blur": -1.0}, "must be 0 to 100"),
    ],
)
def test_unknown_methods_and_settings_are_refused(name, settings, sentence):
    with pytest.raises(ReverieError, match=sentence):
        method_of(name, settings)


@pytest.mark.parametrize("kind", METHODS.values())
def test_a_description_gives_the_method_back_whatever_its_settings(kind):
    described = json.loads(json.dumps(describe_method(kind(blur=2.5))))
    assert method_of(described.pop("method"), described) == kind(blur=2.5)


def test_settings_of_postprocessing_do_not_decide_the_search():
    usual = deciding_settings(Map())
    assert deciding_settings(Map(blur=1.0, calibrated=False)) == usual
    for change in ({"weight": 2.0}, {"seed": 1}, {"draws": 3}, {"steps": 5}, {"likelihood": "sizes"}):
        assert deciding_settings(Map(**change)) != usual


def test_a_standard_deviation_that_is_told_only_when_asked_for_is_decided_by_that():
    usual = deciding_settings(Combined())
    assert deciding_settings(Combined(blur=1.0)) == usual
    assert deciding_settings(Combined(calibrated=False)) != usual


def test_masks_are_written_down_elsewhere():
    with_mask = Paper(mask=np.ones((4, 5), np.float32))
    assert describe_method(with_mask) == describe_method(Paper())
    assert "mask" in {field.name for field in fields(Paper)}


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Ridge().blur = 1.0
