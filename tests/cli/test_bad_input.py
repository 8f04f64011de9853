"""Every broken input gets one sentence that says what is wrong and where, and an exit code other than 0."""

import errno
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.spoiling import (
    Break,
    add_unfit_run,
    all_of,
    edit_encoder,
    empty_data,
    mask_file,
    more_neurons,
    nothing,
    overwrite,
    put,
    remove,
    rename_mice,
    rewrite,
    truncate,
)

from reverie.cli.main import main

PREDICT = "predict DATA ENCODER --animal alpha --trials 1 --out OUT.npz"
RECONSTRUCT = "reconstruct DATA ENCODER --method paper --animal alpha --trials 1 --steps 2 --mask MASK --out RUN"
TRAIN = "train DATA --out NEW --architecture linear_nonlinear --steps 2"
FULL_MASK = mask_file(np.full((36, 64), 1.5))

BROKEN: dict[str, tuple[Break, str, str]] = {
    "data folder missing": (remove("data"), "inspect DATA", "data"),
    "data folder empty": (empty_data, TRAIN, "data"),
    "data is a file": (all_of(remove("data"), overwrite("data", b"x")), PREDICT, "data"),
    "video missing": (remove("data/alpha/data/videos/1.npy"), PREDICT, "1"),
    "behaviour missing": (remove("data/alpha/data/behavior/1.npy"), PREDICT, "behavior/1.npy"),
    "pupil missing": (remove("data/alpha/data/pupil_center/1.npy"), PREDICT, "pupil_center/1.npy"),
    "video truncated": (truncate("data/alpha/data/videos/1.npy"), PREDICT, "videos/1.npy"),
    "responses truncated": (truncate("data/alpha/data/responses/1.npy"), RECONSTRUCT, "responses/1.npy"),
    "video is text": (overwrite("data/alpha/data/videos/1.npy", b"hello"), PREDICT, "videos/1.npy"),
    "numbers are words": (
        rewrite("data/behavior/1.npy", lambda array: np.full(array.shape, "fast")),
        PREDICT,
        "behavior/1.npy",
    ),
    "pickled objects": (
        rewrite("data/responses/1.npy", lambda array: array.astype(object)),
        RECONSTRUCT,
        "responses/1.npy",
    ),
    "NaN inside a movie": (rewrite("data/videos/1.npy", put(np.nan, 3, 4, 5)), PREDICT, "videos/1.npy"),
    "NaN inside responses": (rewrite("data/responses/1.npy", put(np.nan, 3, 5)), RECONSTRUCT, "responses/1.npy"),
    "movie has two axes": (rewrite("data/videos/1.npy", lambda array: array[0]), PREDICT, "videos/1.npy"),
    "behaviour has three rows": (
        rewrite("data/behavior/1.npy", lambda array: np.vstack([array, array[:1]])),
        PREDICT,
        "behavior/1.npy",
    ),
    "lengths differ": (rewrite("data/responses/1.npy", lambda array: array[:, :40]), RECONSTRUCT, "responses/1.npy"),
    "neurons differ between trials": (rewrite("data/responses/1.npy", lambda array: array[:9]), RECONSTRUCT, "1.npy"),
    "frames of another size": (rewrite("data/videos/1.npy", lambda array: array[:30]), PREDICT, "30"),
    "zero neurons": (
        all_of(*(rewrite(f"data/responses/{number}.npy", lambda array: array[:0]) for number in range(7))),
        TRAIN + " --animals alpha",
        "neuron count is zero",
    ),
    "no training tier": (
        rewrite("meta/trials/tiers.npy", lambda array: np.full(array.shape, "oracle")),
        "train DATA --animals alpha --out NEW",
        "train",
    ),
    "unknown trial": (nothing, PREDICT.replace("--trials 1", "--trials 99"), "99"),
    "unknown tier": (nothing, PREDICT.replace("--trials 1", "--trials best"), "best"),
    "unknown animal": (nothing, PREDICT.replace("alpha", "omega"), "omega"),
    "which animal": (nothing, PREDICT.replace("--animal alpha", ""), "--animal"),
    "trial without responses": (nothing, RECONSTRUCT.replace("--trials 1", "--trials 7"), "responses"),
    "encoder missing": (remove("encoder"), PREDICT, "encoder"),
    "encoder named twice": (nothing, RECONSTRUCT.replace("ENCODER", "ENCODER ENCODER"), "twice"),
    "no encoder": (nothing, RECONSTRUCT.replace("ENCODER", ""), "encoder"),
    "encoder is not JSON": (overwrite("encoder/encoder.json", b"{"), PREDICT, "encoder.json"),
    "encoder weights truncated": (truncate("encoder/weights.safetensors"), PREDICT, "weights.safetensors"),
    "encoder of other animals": (edit_encoder(rename_mice), PREDICT, "gamma"),
    "encoder of another recording": (edit_encoder(more_neurons), PREDICT, "encoder"),
    "unknown architecture": (
        edit_encoder(lambda content: content.update(architecture="perceptron")),
        PREDICT,
        "perceptron",
    ),
    "mask missing": (remove("mask.npz"), RECONSTRUCT, "mask.npz"),
    "mask empty": (mask_file(np.zeros((36, 64))), RECONSTRUCT, "0.5"),
    "mask of another size": (mask_file(np.ones((10, 10))), RECONSTRUCT, "mask.npz"),
    "mask with NaN": (mask_file(np.full((36, 64), np.nan)), RECONSTRUCT, "mask.npz"),
    "mask is a pickle": (overwrite("mask.npz", pickle.dumps({"mask": 1})), RECONSTRUCT, "mask.npz"),
    "no steps": (nothing, RECONSTRUCT.replace("--steps 2", "--steps 0"), "steps"),
    "negative blur": (nothing, RECONSTRUCT + " --blur -1", "blur"),
    "option of another method": (nothing, RECONSTRUCT + " --weight 2", "`paper` has no setting `weight`"),
    "run with other settings": (add_unfit_run, RECONSTRUCT, "steps: 7"),
    "not a run folder": (nothing, "evaluate RUN", "run"),
    "run without movies": (add_unfit_run, "report RUN", "no reconstructed movie"),
    "output below a file": (overwrite("file", b""), PREDICT.replace("OUT.npz", "HERE/file/out.npz"), "file"),
    "output in a system folder": (nothing, PREDICT.replace("OUT.npz", "/proc/out.npz"), "/proc/out.npz"),
    "a video that is not one": (
        overwrite("movie.mp4", b"not a movie"),
        "simulate --out NEW --videos HERE/movie.mp4 --neurons 5 --train 2",
        "movie.mp4",
    ),
    "video folder empty": (nothing, "simulate --out NEW --videos HERE/nowhere --neurons 5", "nowhere"),
    "no neurons to simulate": (nothing, "simulate --out NEW --neurons 0", "neurons"),
    "checkpoint missing": (nothing, "import-weights HERE/none.pth --out NEW", "none.pth"),
    "checkpoint is text": (
        overwrite("weights.pth", b"text"),
        "import-weights HERE/weights.pth --out NEW",
        "weights.pth",
    ),
    "unknown device": (nothing, PREDICT + " --device abacus", "abacus"),
    "unknown public animal": (nothing, "download dynamic00000 --out NEW", "dynamic00000"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_input_gets_one_sentence(name: str, small_world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, command, expected = BROKEN[name]
    FULL_MASK(small_world)
    spoil(small_world)
    code, told = run(command, small_world, capsys)
    assert code == 1, told
    assert expected in told
    sentence = told.splitlines()[-1]
    assert sentence.startswith("reverie: ")
    assert sentence.rstrip().endswith((".", ")", "?"))
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("number", "where"),
    [(errno.ENOSPC, (os, "fsync")), (errno.EROFS, (Path, "replace"))],
    ids=["disk full", "read-only folder"],
)
def test_a_disk_that_refuses_leaves_nothing_behind(
    number: int,
    where: tuple[Any, str],
    small_world: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = small_world.data.parent / "OUT.npz"
    out.write_bytes(b"rates.npy, the old result")

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*where, refuse)
    code, told = run(PREDICT, small_world, capsys)
    assert code == 1
    assert "OUT.npz" in told
    assert os.strerror(number) in told
    assert out.read_bytes() == b"rates.npy, the old result"
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_an_interruption_says_how_to_go_on(
    small_world: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reverie.runs.predicting.predict", interrupt)
    code, told = run(PREDICT, small_world, capsys)
    assert code == 130
    assert "same command again" in told


def test_wrong_options_are_refused_with_the_choice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["reconstrukt"])
    assert stopped.value.code != 0
    assert "reconstruct" in capsys.readouterr().err


def run(command: str, world: Any, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command line in which capital words stand for places; return the exit code and standard error."""
    here = world.data.parent
    places = {"DATA": world.data, "ENCODER": world.encoder, "MASK": here / "mask.npz", "RUN": here / "run"}
    places |= {"NEW": here / "new", "OUT.npz": here / "OUT.npz"}
    words = [str(places.get(word, word)).replace("HERE", str(here)) for word in command.split()]
    with pytest.raises(SystemExit) as stopped:
        main(words)
    captured = capsys.readouterr()
    return int(stopped.value.code or 0), captured.err
