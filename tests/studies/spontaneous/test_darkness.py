from typing import Any

import numpy as np
import pytest

from reverie.fitted.opening import SubjectSources
from reverie.studies.spontaneous import darkness as module
from reverie.studies.spontaneous.agreement import AgreementSettings
from reverie.studies.spontaneous.darkness import darkness
from reverie.studies.spontaneous.surrogates import KINDS, surrogate


def test_surrogates_of_two_trials_have_nothing_in_common(
    tiny_world: Any, quick_masks: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = []

    def noted(*arguments: Any) -> Any:
        states.append(str(arguments[-1].bit_generator.state))
        return surrogate(*arguments)

    monkeypatch.setattr(module, "surrogate", noted)
    settings = AgreementSettings(seconds=0.5, surrogates=2, factors=1)
    where = {"trials": ["5", "6"], "out": tmp_path / "out"}
    table = darkness(SubjectSources(tiny_world.data, tiny_world.encoder, "alpha"), **where, settings=settings)
    assert len(states) == len(set(states)) == 2 * len(KINDS)
    assert set(table["trial"]) == {"5", "6"}
    assert np.isfinite(table["p"]).all()
