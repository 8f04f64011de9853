"""An encoder's folder that holds another training says in what they differ."""

import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_record, write_record
from reverie.recordings.reading import Reading
from reverie.training.earlier import PLAN
from reverie.training.folder import train_encoder

HALVED = Reading(frame_size=(6, 8), leave_out=("neuron:3",))


def test_a_recording_that_is_read_otherwise_is_told_how_it_was_read(tiny_world, tmp_path):
    asked = {"animals": "alpha", "steps": 2, "device": "cpu"}
    train_encoder(tiny_world.data, tmp_path / "E", reading=HALVED, **asked)
    told = (
        r"trained differently \(alpha: 19 neurons there, 20 now\); choose another --out, or read the recordings as "
        r"they were then \(--frame-size 6 8 --leave-out neuron:3\)"
    )
    with pytest.raises(ReverieError, match=told):
        train_encoder(tiny_world.data, tmp_path / "E", **asked)
    train_encoder(tiny_world.data, tmp_path / "E", reading=HALVED, **asked)
    with pytest.raises(ReverieError, match=r"\(steps: 2 there, 3 now\)"):
        train_encoder(tiny_world.data, tmp_path / "E", reading=HALVED, **{**asked, "steps": 3})


def test_other_animals_and_trials_are_told(tiny_world, tmp_path):
    train_encoder(tiny_world.data, tmp_path / "E", animals="alpha", steps=2, device="cpu")
    with pytest.raises(ReverieError, match=r"\(animals: alpha there, alpha, beta now\); choose another --out\.$"):
        train_encoder(tiny_world.data, tmp_path / "E", steps=2, device="cpu")
    fewer = Reading(leave_out=("trial:4",))
    with pytest.raises(ReverieError, match=r"\(alpha: other trials\)"):
        train_encoder(tiny_world.data, tmp_path / "E", animals="alpha", steps=2, device="cpu", reading=fewer)


def test_a_plan_with_settings_that_this_version_has_not_is_told_with_its_file(tiny_world, tmp_path):
    asked = {"animals": "alpha", "steps": 2, "device": "cpu", "out": tmp_path / "E"}
    train_encoder(tiny_world.data, **asked)
    plan = read_record(tmp_path / "E" / PLAN)
    plan["settings"]["training"]["learn_from"] = "ranks"
    write_record(tmp_path / "E" / PLAN, plan)
    with pytest.raises(ReverieError, match=rf"{PLAN} is damaged or of an earlier version \(learn_from is 'ranks'"):
        train_encoder(tiny_world.data, **asked)
