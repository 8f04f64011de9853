import json
import shutil

import numpy as np
import pytest
from tests.worlds import files_in, opened, replace_encoder

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted.session import Sources, open_session
from reverie.foundation.errors import ReverieError
from reverie.inversion.mask import save_mask


def test_opening_fits_nothing_and_writes_nothing(tiny_world):
    before = files_in(tiny_world.encoder.parent)
    session = opened(tiny_world, animals=())
    assert list(session.recordings) == ["alpha", "beta"]
    with pytest.raises(
        ReverieError, match=r"^The mask of alpha was not fitted [^.]*\(`reverie fit`[^.]*`\.fit\(\)`[^.]*\)\.$"
    ):
        session.mask("alpha")
    assert files_in(tiny_world.encoder.parent) == before


def test_the_mask_of_an_animal_is_the_mean_of_the_encoders_own(tiny_world, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tiny_world.encoder, other)
    replace_encoder(tiny_world)
    sources = Sources(tiny_world.data, (tiny_world.encoder, other), animals=("alpha",), device="cpu")
    session = open_session(sources)
    for folder, level in zip(sources.encoders, (0.8, 1.2), strict=True):
        save_mask(session.fitted("alpha", folder).place("mask"), np.full((12, 16), level, np.float32))
    np.testing.assert_allclose(open_session(sources).mask("alpha"), 1.0)


def test_a_mask_that_is_named_counts_for_all_animals(tiny_world, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 0.7))
    session = opened(tiny_world, animals=(), mask=tmp_path / "mask.npz")
    for animal in ("alpha", "beta"):
        np.testing.assert_allclose(session.mask(animal), 0.7)


def test_fits_are_looked_for_beside_the_encoder_then_in_the_run_then_in_the_cache(tiny_world, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fitted = opened(tiny_world).fitted("alpha", tiny_world.encoder)
    assert fitted.folders == (tiny_world.encoder / "fitted", tmp_path / "cache/reverie/fitted")
    kept = opened(tiny_world, kept=tmp_path / "kept").fitted("alpha", tiny_world.encoder)
    assert kept.folders == (tiny_world.encoder / "fitted", tmp_path / "kept")


def test_an_encoder_is_known_by_its_weights(tiny_world, tmp_path):
    before = opened(tiny_world).encoder_digest(tiny_world.encoder)
    shutil.copytree(tiny_world.encoder, tmp_path / "copy")
    assert opened(tiny_world, truth=tmp_path / "copy").encoder_digest(tmp_path / "copy") == before
    replace_encoder(tiny_world)
    assert opened(tiny_world).encoder_digest(tiny_world.encoder) != before


@pytest.mark.parametrize(
    ("encoders", "sentence"), [(0, "No encoder is named"), (2, "is named twice; name each one once")]
)
def test_encoders_are_named_once(unspoilt_tiny_world, encoders, sentence):
    with pytest.raises(ReverieError, match=sentence):
        open_session(Sources(unspoilt_tiny_world.data, (unspoilt_tiny_world.encoder,) * encoders))


def test_animals_without_a_readout_are_left_out_unless_they_are_named(tiny_world):
    description = tiny_world.encoder / "encoder.json"
    told = json.loads(description.read_text())
    del told["checksum"]  # as somebody who edits it is told to
    told["mice"] = {"alpha": 20, "gamma": 15}
    description.write_text(json.dumps(told))
    assert list(opened(tiny_world, animals=()).recordings) == ["alpha"]
    with pytest.raises(ReverieError, match="no readout for animal beta"):
        opened(tiny_world, animals=("beta",))
    told["mice"] = {"gamma": 20, "delta": 15}
    description.write_text(json.dumps(told))
    with pytest.raises(ReverieError, match=r"No animal of .* has a readout"):
        opened(tiny_world, animals=())


def test_only_simulated_animals_have_a_truth(tiny_world):
    session = opened(tiny_world)
    assert session.truth_folder is None
    assert not session.simulated
    with pytest.raises(ReverieError, match="has no folder `truth`; only simulated animals have a truth"):
        _ = session.truth
    save_encoder(load_encoder(tiny_world.encoder), tiny_world.data / "truth", about={"simulated": True})
    session = opened(tiny_world)
    assert session.truth_folder == tiny_world.data / "truth"
    assert session.simulated
    assert session.encoder(tiny_world.data / "truth") is session.truth
    assert session.encoder(tiny_world.encoder) is not session.truth
