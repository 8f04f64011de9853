"""What a method needs of an animal and an encoder, and what parts are made from."""

import pytest

from reverie.fitted.parts import MADE_FROM, PARTS, calibrates, parts_for
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge

WEIGHED = {"mask", "prior", "likelihood", "ridge", "weights"}


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        (Paper(), {"mask", "target"}),
        (Map(), {"mask", "prior", "likelihood", "calibration"}),
        (Map(draws=0), {"mask", "prior", "likelihood"}),
        (Map(weight=2.0), {"mask", "prior", "likelihood"}),
        (Combined(), {*WEIGHED, "scenes", "followed_weights", "errors"}),
        (Combined(calibrated=False), {*WEIGHED, "scenes", "followed_weights"}),
        (Combined(follow=0), {*WEIGHED, "scenes", "followed_weights", "errors"}),
        (Combined(follow=0, calibrated=False), WEIGHED),
        (Combined(follow=1, calibrated=False), {*WEIGHED, "scenes", "followed_weights"}),
        (Ridge(), {"mask", "ridge"}),
    ],
)
def test_a_method_needs_its_parts_and_no_others(method, parts):
    assert set(parts_for(method)) == parts


def test_only_the_posterior_that_was_calibrated_is():
    assert calibrates(Map())
    assert calibrates(Map(draws=4))
    assert calibrates(Map(steps=30, blur=1.0))
    for other in ({"weight": 2.0}, {"draws": 0}, {"likelihood": "sizes"}, {"find_cuts": False}):
        assert not calibrates(Map(**other))
    assert not calibrates(Map(calibrated=False))
    assert not calibrates(Paper())


def test_parts_are_made_from_those_before_them():
    order = list(PARTS)
    assert all(order.index(source) < order.index(part) for part, sources in MADE_FROM.items() for source in sources)
