"""Every way a folder can be broken, each with its one sentence."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy, write_npy, write_npz
from reverie.recordings.readers.sensorium import open_recordings


def replace(path, change):
    """Change an array on disk."""
    values = np.array(read_npy(path, memory_map=False))
    changed = change(values)
    write_npy(path, values if changed is None else changed)


def put(where, value):
    """Return a change that sets some elements."""

    def change(values):
        values[where] = value

    return change


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def pickled(path):
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def remove(path):
    path.unlink()


def renumber(animal):
    (animal / "data/videos/0.npy").rename(animal / "data/videos/90.npy")


VIDEO, RESPONSES = "data/videos/1.npy", "data/responses/1.npy"
BEHAVIOR, PUPIL = "data/behavior/1.npy", "data/pupil_center/1.npy"
TIERS, UNIT_IDS = "meta/trials/tiers.npy", "meta/neurons/unit_ids.npy"

BROKEN = {
    "movies missing": ("data/videos", shutil.rmtree, "is missing; a recording keeps one movie a trial there"),
    "movies empty": ("", lambda a: [p.unlink() for p in (a / "data/videos").iterdir()], "holds no trials"),
    "behaviour missing": (BEHAVIOR, remove, "is missing; the folder is incomplete"),
    "pupil missing": (PUPIL, remove, "is missing; the folder is incomplete"),
    "responses without a name for the neurons": (
        "",
        lambda a: [shutil.rmtree(a / "data/responses"), (a / UNIT_IDS).unlink()],
        "holds no responses to any trial",
    ),
    "video truncated": (VIDEO, truncate, "could not be read as a numpy array"),
    "video is a text file": (VIDEO, lambda p: p.write_text("hello"), "is not a numpy array file"),
    "video is an empty file": (VIDEO, lambda p: p.write_bytes(b""), "is empty"),
    "video is a folder": (VIDEO, lambda p: [p.unlink(), p.mkdir()], "could not be read"),
    "video is an archive": (VIDEO, lambda p: write_npz(p, {"a": np.ones(3)}), "is an archive of arrays"),
    "video is a pickle": (VIDEO, pickled, "holds Python objects"),
    "video of text": (VIDEO, lambda p: write_npy(p, np.full((36, 64, 40), "x")), "holds text where numbers"),
    "video of truth values": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 40), bool)), "true/false values"),
    "video of complex numbers": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 40), complex)), "complex numbers"),
    "video with colours": (VIDEO, lambda p: write_npy(p, np.ones((36, 64, 3, 40))), r"\(height, width, time\)"),
    "video without height": (VIDEO, lambda p: write_npy(p, np.ones((64, 40))), r"\(height, width, time\)"),
    "video of another size": (VIDEO, lambda p: write_npy(p, np.ones((36, 60, 40))), "one frame size"),
    "video of padding only": (VIDEO, lambda p: write_npy(p, np.full((36, 64, 40), np.nan)), "holds padding only"),
    "NaN inside the video": (VIDEO, lambda p: replace(p, put((3, 4, 5), np.nan)), "holds NaN at frame 5"),
    "a NaN frame inside the video": (VIDEO, lambda p: replace(p, put((..., 9), np.nan)), "holds NaN at frame 9"),
    "infinity inside the video": (VIDEO, lambda p: replace(p, put((3, 4, 5), np.inf)), "holds an infinity at frame 5"),
    "video shorter than the rest": (
        VIDEO,
        lambda p: replace(p, put((..., slice(30, None)), np.nan)),
        r"lasts 40 frames but .*videos/1\.npy lasts 30;",
    ),
    "responses longer than the movie": (
        RESPONSES,
        lambda p: replace(p, put((..., slice(40, 45)), 1.0)),
        r"responses/1\.npy lasts 45 frames but .* lasts 40;",
    ),
    "behaviour shorter by one": (BEHAVIOR, lambda p: replace(p, put((..., slice(39, None)), np.nan)), "lasts 39"),
    "negative responses": (RESPONSES, lambda p: replace(p, put((2, 7), -0.5)), "holds negative responses"),
    "NaN inside the responses": (RESPONSES, lambda p: replace(p, put((2, 7), np.nan)), "holds NaN at frame 7"),
    "a neuron of NaN": (RESPONSES, lambda p: replace(p, put(2, np.nan)), "holds NaN at frame 0"),
    "infinite responses": (RESPONSES, lambda p: replace(p, put((2, 7), np.inf)), "holds an infinity at frame 7"),
    "responses too large for float32": (
        RESPONSES,
        lambda p: replace(p, lambda values: values.astype(np.float64) * 1e300),
        "holds an infinity",
    ),
    "a neuron missing in one trial": (RESPONSES, lambda p: replace(p, lambda v: v[:-1]), "holds 6 neurons but .* 7"),
    "responses of a single number": (RESPONSES, lambda p: write_npy(p, np.array(3.0)), r"\(neuron count, time\)"),
    "responses of one dimension": (RESPONSES, lambda p: replace(p, lambda v: v[0]), r"\(neuron count, time\)"),
    "zero neurons": (
        "",
        lambda a: [write_npy(p, np.zeros((0, 40))) for p in (a / "data/responses").iterdir()],
        "its neuron count is zero",
    ),
    "behaviour of three rows": (BEHAVIOR, lambda p: write_npy(p, np.ones((3, 40))), r"\(2, time\) was expected"),
    "pupil turned round": (PUPIL, lambda p: replace(p, lambda v: v.T), r"\(2, time\) was expected"),
    "text in the behaviour": (BEHAVIOR, lambda p: write_npy(p, np.full((2, 40), "fast")), "holds text where numbers"),
    "tiers of numbers": (TIERS, lambda p: write_npy(p, np.arange(6)), "should hold one word a trial"),
    "tiers too few": (TIERS, lambda p: write_npy(p, np.array(["train"] * 3)), r"holds 3 tiers, but .*videos/5\.npy"),
    "tiers pickled": (TIERS, pickled, "holds Python objects"),
    "a movie numbered beyond the tiers": ("", renumber, r"holds 6 tiers, but .*videos/90\.npy"),
    "unit ids of another animal": (UNIT_IDS, lambda p: write_npy(p, np.arange(9)), "names 9 neurons but .* holds 7"),
    "unit ids of text": (UNIT_IDS, lambda p: write_npy(p, np.array(["a"] * 7)), "should hold numbers in 1 dimension"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_is_told_in_one_sentence(animal, case):
    part, damage, expected = BROKEN[case]
    damage(animal / part)
    with pytest.raises(ReverieError, match=expected) as caught:
        read_all(animal)
    message = str(caught.value)
    assert part in message or part in ("", UNIT_IDS)
    assert str(animal.parent) in message
    assert "\n" not in message
    assert "allow_pickle=" not in message or "pickle" in case


def read_all(folder: Path) -> None:
    """Use a recording as training would: names, neurons, then every trial."""
    (recording,) = open_recordings(folder.parent).values()
    assert recording.neurons > 0
    for split in dict.fromkeys(recording.tiers.values()):
        for trial in recording.trials(split):
            assert trial.frames > 0
            assert recording.has_responses(trial.name) == (trial.responses is not None)
