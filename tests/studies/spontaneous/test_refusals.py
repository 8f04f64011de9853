"""Darkness and replay say what they cannot do before anything is fitted, and write into no folder of others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.worlds import fitted_to

from reverie.fitted.fitting import fit
from reverie.fitted.opening import SubjectSources
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.studies.spontaneous.agreement import AgreementSettings
from reverie.studies.spontaneous.darkness import darkness
from reverie.studies.spontaneous.library import SearchSettings, clips_of, templates_of
from reverie.studies.spontaneous.replay import replay

Look = Callable[..., object]


def alpha_of(world: Any) -> SubjectSources:
    return SubjectSources(world.data, world.encoder, "alpha")


def look_for_pictures(world: Any, trials: str, seconds: float, **where: Any) -> None:
    darkness(alpha_of(world), trials=[trials], settings=AgreementSettings(seconds), **where)


def look_for_clips(world: Any, trials: str, seconds: float, library: str = "oracle", **where: Any) -> None:
    chosen = {"trials": [trials], "library": [library], "search": SearchSettings(seconds)}
    replay(alpha_of(world), **chosen, **where)


@pytest.mark.parametrize("look", [look_for_pictures, look_for_clips])
def test_impossible_requests_are_refused_before_anything_is_fitted(look: Look, tiny_world: Any, tmp_path: Any) -> None:
    out = tmp_path / "out"
    with pytest.raises(ReverieError, match="no trial or tier 'spontaneous'"):
        look(tiny_world, "spontaneous", 1.0, out=out)
    with pytest.raises(NotApplicable, match=r"without responses or shorter than 9 s: 6\..*--seconds"):
        look(tiny_world, "oracle", 9.0, out=out)
    with pytest.raises(NotApplicable, match=r"without responses or shorter than 1 s: 7\."):
        look(tiny_world, "final_test_main", 1.0, out=out)
    with pytest.raises(ReverieError, match="data is not empty and holds no page of ours; choose another --out"):
        look(tiny_world, "oracle", 1.0, out=tiny_world.data)
    assert not (tiny_world.encoder / "fitted").exists()
    assert not out.exists()


def test_speeds_at_which_a_clip_lasts_no_time_are_passed_over(tiny_world: Any) -> None:
    fitted = fit(fitted_to(tiny_world), ["likelihood"])
    likelihood, clips = fitted.likelihood.find("sizes"), clips_of(fitted.subject.recording, ["oracle"])
    found, alone = (
        templates_of(fitted, likelihood, clips, np.ones(20, np.float32), SearchSettings(1.0, speeds))
        for speeds in ((1.0, 90.0), (1.0,))
    )
    assert [each.speed for each in found] == [each.speed for each in alone] == [1.0] * 2
    np.testing.assert_array_equal(found[0].ratio, alone[0].ratio)


def test_clips_to_look_for_are_found_before_anything_is_fitted(tiny_world: Any, tmp_path: Any) -> None:
    (tiny_world.data / "alpha/data/videos/5.npy").unlink()
    with pytest.raises(NotApplicable, match="None of the trials 5 of alpha shows a movie to look for"):
        look_for_clips(tiny_world, "oracle", 1.0, library="5", out=tmp_path / "out")
    assert not (tiny_world.encoder / "fitted").exists()
