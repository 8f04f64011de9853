from pathlib import Path
from typing import Any

import pytest
import torch

from reverie.encoders.checkpoints import load_encoder, read_description
from reverie.encoders.importing import import_weights
from reverie.foundation.errors import ReverieError


def test_an_encoder_is_never_replaced(golden: Any, small_world: Any):
    before = (small_world.encoder / "weights.safetensors").read_bytes()
    with pytest.raises(ReverieError, match="holds another encoder; choose another --out"):
        import_weights(golden.checkpoint, small_world.encoder, animals=["a", "b"])
    assert (small_world.encoder / "weights.safetensors").read_bytes() == before
    with pytest.raises(ReverieError, match="is not empty"):
        import_weights(golden.checkpoint, small_world.data, animals=["a", "b"])


def test_importing_again_changes_nothing(golden: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "encoder"
    out.mkdir()
    (out / ".DS_Store").write_bytes(b"x")
    import_weights(golden.checkpoint, out, animals=["a", "b"])
    made = (out / "encoder.json").stat().st_mtime_ns
    import_weights(golden.checkpoint, out, animals=["a", "b"])
    assert (out / "encoder.json").stat().st_mtime_ns == made
    assert "already" in capsys.readouterr().err
    with pytest.raises(ReverieError, match="holds another encoder"):
        import_weights(golden.checkpoint, out, animals=["b", "a"])


def test_assumptions_are_printed_and_kept(golden: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    torch.save(torch.load(golden.checkpoint)["nn_state_dict"], tmp_path / "bare.pth")
    import_weights(tmp_path / "bare.pth", tmp_path / "out", animals=["a", "b"], neurons=[37, 41])
    assert "taken as published: spatial strides (2, 1, 2)" in capsys.readouterr().err
    assert "spatial strides" in read_description(tmp_path / "out")["about"]["assumed"]
    assert load_encoder(tmp_path / "out").mice == {"a": 37, "b": 41}


def test_a_bad_place_is_told_before_the_file_is_read(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ReverieError, match="is a file, where a folder was expected"):
        import_weights(tmp_path / "missing.pth", tmp_path / "file", animals=[])


def test_an_import_that_was_killed_goes_on(golden: Any, tmp_path: Path):
    import_weights(golden.checkpoint, tmp_path / "whole", animals=["a", "b"])
    weights = (tmp_path / "whole/weights.safetensors").read_bytes()
    for folder, left in (("own", weights), ("foreign", weights[:-1])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "weights.safetensors").write_bytes(left)
    import_weights(golden.checkpoint, tmp_path / "own", animals=["a", "b"])
    assert list(load_encoder(tmp_path / "own").mice) == ["a", "b"]
    with pytest.raises(ReverieError, match="is not empty"):
        import_weights(golden.checkpoint, tmp_path / "foreign", animals=["a", "b"])


@pytest.mark.parametrize("dtype", [torch.int32, torch.complex64])
def test_weights_that_are_no_real_numbers_are_refused(golden: Any, tmp_path: Path, dtype: torch.dtype):
    weights = torch.load(golden.checkpoint)["nn_state_dict"]
    torch.save({name: weight.to(dtype) for name, weight in weights.items()}, tmp_path / "odd.pth")
    with pytest.raises(ReverieError, match=rf"odd\.pth holds {dtype} in the weight .* save it as float32"):
        import_weights(tmp_path / "odd.pth", animals=["a", "b"])
