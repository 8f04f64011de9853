import collections
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from reverie.encoders.containers import read_container
from reverie.encoders.importing import import_weights
from reverie.foundation.errors import ReverieError

Content = dict[str, Any]
NEURONS = [37, 41]


@pytest.fixture(scope="module")
def content(golden: Any) -> Content:
    return torch.load(golden.checkpoint, map_location="cpu", weights_only=True)


def with_weights(content: Content, change: Callable[[str, torch.Tensor], tuple[str, torch.Tensor]]) -> Content:
    return {**content, "nn_state_dict": dict(change(*item) for item in content["nn_state_dict"].items())}


def prefixed(prefix: str) -> Callable[[Content], Content]:
    return lambda content: with_weights(content, lambda name, weight: (prefix + name, weight))


def cast(kind: torch.dtype) -> Callable[[Content], Content]:
    return lambda content: with_weights(
        content, lambda name, weight: (name, weight.to(kind) if weight.is_floating_point() else weight)
    )


def with_params(**more: object) -> Callable[[Content], Content]:
    return lambda content: {**content, "params": {**content["params"], **more}}


WRAPPED: dict[str, tuple[Callable[[Content], Any], float]] = {
    "as published": (lambda content: content, 0),
    "module.": (prefixed("module."), 0),
    "_orig_mod.": (prefixed("_orig_mod."), 0),
    "compiled within several processors": (prefixed("module._orig_mod."), 0),
    "an ordered dictionary": (
        lambda content: {**content, "nn_state_dict": collections.OrderedDict(content["nn_state_dict"])},
        0,
    ),
    "float64": (cast(torch.float64), 0),
    "float16": (cast(torch.float16), 0.02),
    "bfloat16": (cast(torch.bfloat16), 0.1),
    "weights alone": (lambda content: content["nn_state_dict"], 0),
    "lightning": (
        lambda content: {"state_dict": prefixed("model.")(content)["nn_state_dict"] | {"loss.scale": torch.ones(1)}},
        0,
    ),
    "deep down": (lambda content: {"run": {"model": content["nn_state_dict"]}, "epoch": 3}, 0),
    "saved by an early torch": (
        lambda content: with_weights(
            content, lambda name, weight: (name.replace("num_batches_tracked", "inv_freq"), weight)
        ),
        0,
    ),
    "numpy numbers in the settings": (
        with_params(optimizer=("AdamW", {"lr": np.float64(3e-4), "betas": np.array([0.9, 0.99]), "n": np.int64(3)})),
        0,
    ),
    "a device in the settings": (with_params(device=torch.device("cuda:0")), 0),
    "a path in the settings": (with_params(pretrain=Path("/lab/x")), 0),
}


@pytest.mark.parametrize("case", WRAPPED)
def test_the_same_network_comes_out_whatever_it_is_wrapped_in(case: str, content: Content, golden: Any, tmp_path: Path):
    wrap, tolerance = WRAPPED[case]
    torch.save(wrap(content), tmp_path / "wrapped.pth")
    expected = import_weights(golden.checkpoint, animals=["a", "b"])
    encoder = import_weights(tmp_path / "wrapped.pth", animals=["a", "b"], neurons=NEURONS)
    assert encoder.mice == {"a": 37, "b": 41}
    planes = torch.randn(1, 5, 16, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        rates, truth = encoder.network(planes, "b"), expected.network(planes, "b")
    torch.testing.assert_close(rates, truth, rtol=tolerance, atol=tolerance * float(truth.max()))


def test_weights_saved_on_a_gpu_are_read_without_one(
    content: Content, golden: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("torch.serialization.location_tag", lambda storage: "cuda:0")
    torch.save(content, tmp_path / "gpu.pth")
    monkeypatch.undo()
    assert b"cuda:0" in (tmp_path / "gpu.pth").read_bytes()
    found, expected = (import_weights(path, animals=["a", "b"]) for path in (tmp_path / "gpu.pth", golden.checkpoint))
    for name, weight in found.state_dict().items():
        torch.testing.assert_close(weight, expected.state_dict()[name])


def test_other_containers_of_torch_and_safetensors_are_read(content: Content, tmp_path: Path):
    torch.save(content, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert import_weights(tmp_path / "old.pth", animals=["a", "b"]).mice == {"a": 37, "b": 41}
    (tmp_path / "a.safetensors").write_bytes(save(content["nn_state_dict"]))
    assert import_weights(tmp_path / "a.safetensors", animals=["a", "b"], neurons=NEURONS).mice == {"a": 37, "b": 41}


def test_weights_alone_tell_neurons_up_to_a_multiple(content: Content, tmp_path: Path):
    torch.save(content["nn_state_dict"], tmp_path / "bare.pth")
    assert import_weights(tmp_path / "bare.pth", animals=["a", "b"]).mice == {"a": 38, "b": 42}
    with pytest.raises(ReverieError, match=r"2 readouts of 37 to 38, 41 to 42 neurons, but 30, 41 was given"):
        import_weights(tmp_path / "bare.pth", animals=["a", "b"], neurons=[30, 41])


class Payload:
    """Unpickled the unguarded way, this would create a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.target}",)


def saved_by_torch(content: Content) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def saved_by_newer_pickle(content: Content) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, pickle_protocol=4)
    return stream.getvalue()


def saved_the_old_way(content: Content) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


WRITERS: dict[str, tuple[Callable[[Any], bytes], str]] = {
    "torch": (saved_by_torch, r"refused: it asks for (posix|nt)\.system, .*execute code"),
    "torch, the old way": (saved_the_old_way, r"refused: it asks for (posix|nt)\.system, .*execute code"),
    "torch with a newer protocol": (saved_by_newer_pickle, "saved in a way that cannot be read without executing"),
    "pickle": (pickle.dumps, "refused: it is a plain pickle, and to open it could execute code"),
    "pickle, the old way": (
        lambda content: pickle.dumps(content, protocol=2),
        r"refused: it asks for (posix|nt)\.system, .*execute code",
    ),
}


@pytest.mark.parametrize("where", ["beside", "in the settings", "instead of a weight"])
@pytest.mark.parametrize("writer", WRITERS)
def test_code_is_refused_by_its_name_and_not_run(writer: str, where: str, content: Content, tmp_path: Path):
    target, path = tmp_path / "harm", tmp_path / "malicious.pth"
    harm = {
        "beside": {"surprise": Payload(target)},
        "in the settings": {"params": {"nn_module": ("dwiseneuro", Payload(target))}},
        "instead of a weight": {"nn_state_dict": {"core.stem.0.weight": Payload(target)}},
    }
    small = {name: value for name, value in content.items() if name != "nn_state_dict"}
    path.write_bytes(WRITERS[writer][0]({**small, **harm[where]}))
    with pytest.raises(ReverieError, match=rf"malicious\.pth was {WRITERS[writer][1]}"):
        import_weights(path, animals=["a"])
    assert not target.exists()


def zip_of(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


JUNK: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
    "annex pointer": (b"/annex/objects/MD5-s1--0.pth\n", "git annex get"),
    "web page": (b"<!DOCTYPE html><html><title>Sign in</title>", "is a web page"),
    "text": (b"not a checkpoint at all", "begins with b'not a"),
    "half a zip": (b"PK\x03\x04 half a zip", "is cut short or damaged"),
    "half a pickle": (b"\x80\x02}q", "is cut short or damaged"),
    "a zip around it": (zip_of("model.pth", b"x"), r"holds model\.pth; unpack it"),
    "a program": (zip_of("archive/constants.pkl", b"x"), "TorchScript"),
    "gzip": (b"\x1f\x8b\x08\x00", "compressed by gzip"),
    "tar": (b"name" + bytes(253) + b"ustar\x0000", "tar archive"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
}


@pytest.mark.parametrize("case", JUNK)
def test_other_files_are_named_for_what_they_are(case: str, tmp_path: Path):
    junk, sentence = JUNK[case]
    (tmp_path / "junk.pth").write_bytes(junk)
    with pytest.raises(ReverieError, match=sentence) as told:
        read_container(tmp_path / "junk.pth")
    assert "junk.pth" in str(told.value)
    assert ("code" in str(told.value)) == (case == "a program")


def test_a_missing_file_a_folder_and_a_truncated_file_are_told_apart(golden: Any, tmp_path: Path):
    with pytest.raises(ReverieError, match="is missing"):
        read_container(tmp_path / "nothing.pth")
    with pytest.raises(ReverieError, match="could not be read"):
        read_container(tmp_path)
    whole = golden.checkpoint.read_bytes()
    for length in (10, 4000, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(ReverieError, match=r"cut\.pth is cut short or damaged"):
            read_container(tmp_path / "cut.pth")


def test_a_network_that_went_wrong_in_training_is_refused(content: Content, tmp_path: Path):
    def spoil(name: str, weight: torch.Tensor) -> tuple[str, torch.Tensor]:
        return name, torch.full_like(weight, float("nan")) if name == "core.stem.0.weight" else weight

    torch.save(with_weights(content, spoil), tmp_path / "nan.pth")
    with pytest.raises(ReverieError, match=r"nan\.pth holds NaN"):
        import_weights(tmp_path / "nan.pth", animals=["a", "b"])


def test_several_networks_in_one_file_are_refused(content: Content, tmp_path: Path):
    weights = content["nn_state_dict"]
    for number, several in enumerate(
        [{"student": weights, "teacher": weights}, prefixed("one.")(content)["nn_state_dict"] | weights]
    ):
        torch.save(several, tmp_path / f"{number}.pth")
        with pytest.raises(ReverieError, match="holds several networks"):
            import_weights(tmp_path / f"{number}.pth", animals=["a", "b"])
