import inspect
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.inversion.toys import SIZE as TOY_SIZE
from tests.inversion.toys import SpotEncoder

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.dwiseneuro_config import DwiseNeuroConfig
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.stimuli.synthetic import drifting_grating
from reverie.studies import gratings
from reverie.studies.gratings import temporal_aliasing
from reverie.studies.running import run_study
from reverie.studies.synthetic import TableSize

FRAMES = 40
STATE = np.zeros((4, FRAMES), dtype=np.float32)


def grating(hertz: float) -> np.ndarray:
    return drifting_grating(FRAMES, direction=0.0, cycles_per_degree=0.036, hertz=hertz)


def test_gratings_are_not_shown_at_a_rate_at_which_15_hertz_is_no_artefact(monkeypatch):
    monkeypatch.setattr(gratings, "first_recording", lambda session: SimpleNamespace(frame_rate=20.0))
    with pytest.raises(NotApplicable, match="the recordings have 20; give --frame-rate 30"):
        inspect.unwrap(gratings.planned)(SimpleNamespace(session=None))


def tiny_dwiseneuro() -> DwiseNeuro:
    torch.manual_seed(0)
    config = DwiseNeuroConfig(
        core_features=(8, 8), spatial_strides=(4, 2), expansion_ratio=2, squeeze_ratio=4, cortex_features=(16, 16)
    )
    return DwiseNeuro(config, {"ada": 12}, (36, 64))


def test_dwiseneuro_takes_a_15_hertz_grating_for_two_still_ones():
    assert temporal_aliasing(tiny_dwiseneuro(), grating(15.0), STATE, "ada") == pytest.approx(1.0, abs=1e-3)


def test_compact_sees_every_frame_and_is_not_fooled():
    torch.manual_seed(0)
    encoder = Compact(CompactConfig(), {"ada": 12}, (36, 64))
    assert temporal_aliasing(encoder, grating(15.0), STATE, "ada") < 0.5


def test_an_encoder_without_memory_cannot_tell_motion_either():
    alternating = np.zeros((FRAMES, *TOY_SIZE), dtype=np.float32)
    alternating[::2, :, ::3] = 255.0
    assert temporal_aliasing(SpotEncoder(20), alternating, STATE, "toy") == pytest.approx(1.0, abs=1e-5)
    assert temporal_aliasing(SpotEncoder(20, history=6), alternating, STATE, "toy") < 0.5


def test_a_movie_that_does_not_repeat_is_refused():
    with pytest.raises(ReverieError, match="does not repeat every 2 frames"):
        temporal_aliasing(SpotEncoder(3, size=(36, 64)), grating(7.5), STATE, "toy")
    with pytest.raises(ReverieError, match="looks back"):
        temporal_aliasing(SpotEncoder(3, history=50, size=(36, 64)), grating(15.0), STATE, "toy")


SIZE = TableSize((0.018, 0.143), (15.0, 0.0), frames=24, animals=1)


@pytest.fixture(scope="module")
def section(setup):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(gratings.SIZES, setup.scale.name, SIZE)
        return run_study(setup, gratings.GRATINGS)


def test_coarse_still_gratings_are_found_and_the_fastest_are_not(section):
    data = section.findings.pictures[0].data.dropna(subset="here").set_index(["row", "column"])["here"]
    assert data[0.018, 0.0] > 0.4
    assert data[0.143, 0.0] < data[0.018, 0.0] - 0.2
    # An encoder that sees every frame has no artefact at 15 Hz, where the published table has .85.
    assert data[0.018, 15.0] < data[0.018, 0.0] - 0.2


def test_these_encoders_do_not_alias(section):
    aliasing = section.findings.pictures[1].data
    assert aliasing["encoder"].tolist() == ["encoder0", "encoder1"]
    assert (aliasing["aliasing"] < 0.5).all()
    assert "No encoder here mistakes 15 Hz for stillness" in section.findings.sentences[1]


def test_two_stacks_of_a_movie_that_alternates_stand_still():
    movie = np.zeros((8, 4, 6), dtype=np.float32)
    movie[1::2] = 255.0
    whole, even, odd = (axes.get_images()[0].get_array() for axes in gratings.stacks_figure(movie).axes)
    assert whole.shape == (8, 6)
    assert even.std() == odd.std() == 0
    assert odd.mean() == 255
