import io
import stat
import struct
import zipfile

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.archives import unpack


def zipped(path, members):
    """Write an archive of (name or ZipInfo, bytes) pairs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def array():
    stream = io.BytesIO()
    np.save(stream, np.ones((2, 2)))
    return stream.getvalue()


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("prefix", ["", "dynamic1/", "some other name/"])
def test_an_archive_of_a_recording_is_unpacked_whatever_its_root(tmp_path, prefix):
    members = [(f"{prefix}data/videos/0.npy", array()), (f"{prefix}meta/", b""), (f"{prefix}meta/a/b.npy", b"x")]
    target = tmp_path / "mouse"
    unpack(zipped(tmp_path / "a.zip", members), target)
    assert (target / "data/videos/0.npy").read_bytes() == array()
    assert (target / "meta/a/b.npy").read_bytes() == b"x"
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "mouse"}


MALICIOUS = {
    "leaves the folder": ("data/../../evil", "leaves the folder"),
    "leaves the folder the Windows way": ("data\\..\\..\\evil", "leaves the folder"),
    "absolute": ("/tmp/evil", "an absolute path"),
    "absolute the Windows way": ("C:\\evil", "an absolute path"),
    "a network path": ("\\\\host\\evil", "an absolute path"),
    "a link": (link("data/videos/1.npy"), "a link or a device"),
}


@pytest.mark.parametrize("case", MALICIOUS)
def test_malicious_members_are_refused_and_nothing_is_unpacked(tmp_path, case):
    member, message = MALICIOUS[case]
    archive = zipped(tmp_path / "a.zip", [("data/videos/0.npy", array()), (member, b"../../evil")])
    with pytest.raises(ReverieError, match=message):
        unpack(archive, tmp_path / "deep" / "mouse")
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"]


def test_a_member_larger_than_it_declares_is_refused(tmp_path):
    """The declared size is what the disk was checked for."""
    archive = zipped(tmp_path / "a.zip", [("data/videos/0.npy", bytes(10_000_000))])
    content = archive.read_bytes()
    declared = struct.pack("<I", 10_000_000)
    assert content.count(declared) == 2
    archive.write_bytes(content.replace(declared, struct.pack("<I", 100)))
    with pytest.raises(ReverieError, match="not a whole zip archive"):
        unpack(archive, tmp_path / "mouse")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_encrypted_member_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("data/videos/0.npy", b"secret")])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(bytes(content))
    with pytest.raises(ReverieError, match="encrypted"):
        unpack(archive, tmp_path / "mouse")


def test_damage_is_noticed(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("data/videos/0.npy", np.random.default_rng(0).bytes(5000))])
    content = archive.read_bytes()
    for damaged in (content[:-40], content[:2000] + b"xxxx" + content[2004:], b"<html>not found</html>", b""):
        archive.write_bytes(damaged)
        with pytest.raises(ReverieError, match="not a whole zip archive"):
            unpack(archive, tmp_path / "mouse")
        assert not (tmp_path / "mouse").exists()


@pytest.mark.parametrize("names", [["readme.txt"], ["a/data/0.npy", "b/data/0.npy"], []])
def test_an_archive_without_one_recording_is_refused(tmp_path, names):
    archive = zipped(tmp_path / "a.zip", [(name, b"x") for name in names])
    with pytest.raises(ReverieError, match="it is not a recording"):
        unpack(archive, tmp_path / "mouse")
