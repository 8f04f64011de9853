from dataclasses import dataclass

import pytest

from reverie.encoders.linear_nonlinear import LinearNonlinear
from reverie.encoders.presets import PRESETS, preset
from reverie.encoders.registry import find_architecture, register
from reverie.foundation.errors import ReverieError


def test_presets_grow_from_tiny_to_paper():
    for architecture, sizes in PRESETS.items():
        known = find_architecture(architecture)
        encoders = [
            known.encoder(sizes[name], {"a": 50}, (36, 64)) for name in ("tiny", "small", "paper") if name in sizes
        ]
        weights = [sum(weight.numel() for weight in encoder.parameters()) for encoder in encoders]
        assert len(weights) >= 2
        assert weights == sorted(set(weights))


def test_an_unknown_preset_is_named():
    with pytest.raises(ReverieError, match=r"has no preset 'paper' \(it has: small, tiny"):
        preset("compact", "paper")
    with pytest.raises(ReverieError, match="No architecture is called 'unheard'"):
        preset("unheard", "small")


@dataclass(frozen=True)
class OwnConfig:
    filters: int = 3


def test_an_architecture_of_the_users_own_has_its_defaults_as_a_preset():
    register("own, with a preset", OwnConfig, LinearNonlinear)
    assert preset("own, with a preset", "small") == OwnConfig(3)
    with pytest.raises(ReverieError, match=r"has no preset 'paper' \(it has: small\)"):
        preset("own, with a preset", "paper")
