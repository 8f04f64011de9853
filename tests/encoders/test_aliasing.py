import numpy as np
import pytest
import torch
from tests.inversion.toys import SIZE, SpotEncoder

from reverie.encoders.aliasing import temporal_aliasing
from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.dwiseneuro import DwiseNeuro, DwiseNeuroConfig
from reverie.foundation.errors import ReverieError
from reverie.stimuli.gratings import drifting_grating

FRAMES = 40
STATE = np.zeros((4, FRAMES), dtype=np.float32)


def grating(hertz: float) -> np.ndarray:
    return drifting_grating(FRAMES, direction=0.0, cycles_per_degree=0.036, hertz=hertz)


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
    alternating = np.zeros((FRAMES, *SIZE), dtype=np.float32)
    alternating[::2, :, ::3] = 255.0
    assert temporal_aliasing(SpotEncoder(20), alternating, STATE, "toy") == pytest.approx(1.0, abs=1e-5)
    assert temporal_aliasing(SpotEncoder(20, history=6), alternating, STATE, "toy") < 0.5


def test_a_movie_that_does_not_repeat_is_refused():
    with pytest.raises(ReverieError, match="do not repeat every 2"):
        temporal_aliasing(SpotEncoder(3, size=(36, 64)), grating(7.5), STATE, "toy")
    with pytest.raises(ReverieError, match="looks back"):
        temporal_aliasing(SpotEncoder(3, history=50, size=(36, 64)), grating(15.0), STATE, "toy")
