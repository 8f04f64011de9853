"""Files that would run code if they were unpickled run none, wherever one lies; archives stay in their place."""

import pickle
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reverie.cli.main import main
from reverie.foundation.errors import ReverieError
from reverie.recordings.download import unpack

PREDICT = "predict DATA ENCODER --animal alpha --trials 1 --out HERE/out.npz"
RECONSTRUCT = (
    "reconstruct DATA ENCODER --animal alpha --trials 1 --method paper --steps 1 --mask HERE/mask.npz --out HERE/run"
)
TRAIN = "train DATA --out HERE/new --architecture linear_nonlinear --steps 1"
SIMULATE = "simulate --out HERE/new --neurons 3 --train 1 --oracle 0 --test 1 --frames 8"

PLACES = {
    "responses": ("data/alpha/data/responses/1.npy", RECONSTRUCT),
    "a movie": ("data/alpha/data/videos/1.npy", PREDICT),
    "behaviour": ("data/alpha/data/behavior/1.npy", PREDICT),
    "tiers": ("data/alpha/meta/trials/tiers.npy", TRAIN),
    "neurons": ("data/alpha/meta/neurons/unit_ids.npy", "inspect DATA"),
    "weights": ("encoder/weights.safetensors", PREDICT),
    "a description": ("encoder/encoder.json", PREDICT),
    "a mask": ("mask.npz", RECONSTRUCT),
    "a run": ("run/run.json", "report HERE/run"),
    "scores": ("run/scores.csv", "report HERE/run"),
    "a plan": ("new/plan.json", TRAIN),
    "a checkpoint": ("model.pth", "import-weights HERE/model.pth --out HERE/new"),
    "a checkpoint of safetensors": ("model.safetensors", "import-weights HERE/model.safetensors --out HERE/new"),
    "a video": ("clip.mp4", f"{SIMULATE} --videos HERE/clip.mp4"),
    "a movie beside a table": ("clip.npy", f"{SIMULATE} --videos HERE/clip.npy"),
    "a table": ("shown.csv", "inspect DATA/alpha --frames-table HERE/shown.csv --format suite2p"),
    "NWB": ("session.nwb", "inspect HERE/session.nwb"),
    "CaImAn": ("session.hdf5", "inspect HERE/session.hdf5"),
}


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def lay(path: Path, mark: Path, how: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.array([Bomb(mark)], dtype=object)
    if how == "as it is":
        path.write_bytes(pickle.dumps(Bomb(mark), protocol=2))
    elif how == "in an array":
        with path.open("wb") as stream:
            np.save(stream, array, allow_pickle=True)
    elif how == "in an archive":
        with path.open("wb") as stream:
            np.savez(stream, mask=array, frames=array)
    else:
        torch.save({"nn_state_dict": {"x": torch.zeros(1)}, "params": Bomb(mark)}, path)


@pytest.mark.parametrize("how", ["as it is", "in an array", "in an archive", "in a checkpoint"])
def test_no_file_runs_code(tiny_world, tmp_path, capsys, how):
    for case, (place, command) in PLACES.items():
        mark, spoilt = tmp_path / "ran", tmp_path / place
        whole = spoilt.read_bytes() if spoilt.is_file() else None
        if place != "mask.npz":
            np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
        lay(spoilt, mark, how)
        names = {"DATA": str(tiny_world.data), "ENCODER": str(tiny_world.encoder), "HERE": str(tmp_path)}
        words = command.split()
        for name, value in names.items():
            words = [word.replace(name, value) for word in words]
        with pytest.raises(SystemExit):
            main(words)
        told = capsys.readouterr().err
        assert "not foreseen" not in told, f"{case}: {told}"
        assert not mark.exists(), case
        if whole is None:
            spoilt.unlink()
        else:
            spoilt.write_bytes(whole)


def archive_of(path: Path, name: str, content: bytes = b"x", mode: int = stat.S_IFREG | 0o644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mouse/data/videos/0.npy", b"x")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, content)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../climbed", stat.S_IFREG),
        ("mouse/../../climbed", stat.S_IFREG),
        ("..\\climbed", stat.S_IFREG),
        ("/climbed", stat.S_IFREG),
        ("C:\\climbed", stat.S_IFREG),
        ("mouse/data/link", stat.S_IFLNK),
        ("mouse/data/pipe", stat.S_IFIFO),
    ],
)
def test_an_archive_writes_nothing_elsewhere(tmp_path, name, mode):
    archive = archive_of(tmp_path / "a.zip", name, b"/etc/passwd", mode | 0o644)
    with pytest.raises(ReverieError, match="it was not unpacked"):
        unpack(archive, tmp_path / "in" / "mouse")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]
    assert not Path("/climbed").exists()


def test_an_archive_that_holds_more_than_the_disk_is_not_unpacked(tmp_path, monkeypatch):
    archive = archive_of(tmp_path / "a.zip", "mouse/data/big", bytes(1 << 20))
    assert archive.stat().st_size < 5000
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=100_000))
    with pytest.raises(ReverieError, match="GB free"):
        unpack(archive, tmp_path / "in" / "mouse")
    assert not list(tmp_path.glob("in/**/big"))


def test_an_archive_that_holds_less_than_it_claims_is_not_whole(tmp_path):
    archive = archive_of(tmp_path / "a.zip", "mouse/data/big", bytes(1 << 20))
    content = bytearray(archive.read_bytes())
    start = content.rfind(b"PK\x01\x02")  # the last entry of its directory, whose size is at 24
    content[start + 24 : start + 28] = (1 << 24).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(ReverieError, match=r"a\.zip is not a whole zip archive"):
        unpack(archive, tmp_path / "in" / "mouse")
    assert not list(tmp_path.glob("in/**/big"))
