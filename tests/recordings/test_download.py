import io
import stat
import struct
import time
import zipfile

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.download import PUBLIC_ARCHIVES, download, find_archive, unpack


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


MOUSE = "dynamic29515-10-12-Video-9b4f6a1a067fe51e15306b9628efea20"


def test_a_recording_is_downloaded_and_unpacked(server, tmp_path):
    folders = download(["29515"], tmp_path / "data", base=server.address)
    assert folders == [tmp_path / "data" / MOUSE]
    assert len((folders[0] / "data/videos/0.npy").read_bytes()) == 3_000_000
    assert {path.name for path in (tmp_path / "data").iterdir()} == {MOUSE, f"{MOUSE}.zip.sha256"}
    assert download(["29515"], tmp_path / "data", base=server.address) == folders
    assert server.asked == [None]


def test_an_archive_that_is_there_is_used(server, tmp_path):
    (tmp_path / f"{MOUSE}.zip").write_bytes(server.content)
    download([MOUSE], tmp_path, base=server.address + "/")
    assert (tmp_path / MOUSE / "data").is_dir()
    assert server.asked == []


def test_an_archive_that_is_not_needed_any_more_is_told_and_left(server, tmp_path, capsys):
    download([MOUSE], tmp_path, base=server.address)
    (tmp_path / f"{MOUSE}.zip").write_bytes(server.content)
    download([MOUSE], tmp_path, base=server.address)
    assert "is no longer needed" in capsys.readouterr().err
    assert (tmp_path / f"{MOUSE}.zip").exists()


def test_no_server_at_all_is_told(tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(ReverieError, match="could not be fetched"):
        download([MOUSE], tmp_path, base="http://127.0.0.1:9")
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_page_instead_of_an_archive_is_told(server, tmp_path):
    server.content = b"<html>please log in</html>"
    with pytest.raises(ReverieError, match="not a whole zip archive"):
        download([MOUSE], tmp_path, base=server.address)
    assert not (tmp_path / MOUSE).exists()


def test_the_table_holds_the_ten_public_recordings():
    assert len(PUBLIC_ARCHIVES) == 10
    for name, url in PUBLIC_ARCHIVES.items():
        assert url.startswith("https://gin.g-node.org/pollytur/")
        assert url.endswith(f"/{name}.zip")
    new = [name for name in PUBLIC_ARCHIVES if "sensorium_2023_dataset" in PUBLIC_ARCHIVES[name]]
    assert [name.split("-")[0] for name in new] == [f"dynamic{n}" for n in (29515, 29623, 29647, 29712, 29755)]


@pytest.mark.parametrize("name", [MOUSE, "dynamic29515", "29515", "29515-10"])
def test_a_recording_is_found_by_the_beginning_of_its_name(name):
    assert find_archive(name) == MOUSE


@pytest.mark.parametrize("name", ["2951", "dynamic", "", "30000"])
def test_an_unknown_or_ambiguous_name_is_answered_with_the_names(name, tmp_path):
    with pytest.raises(ReverieError, match=r"choose from: .*dynamic29514-2-9"):
        download([name], tmp_path)


@pytest.mark.parametrize("base", ["ftp://host", "file:///etc", "data"])
def test_only_web_addresses_are_asked(tmp_path, base):
    with pytest.raises(ReverieError, match="is not a web address"):
        download([MOUSE], tmp_path, base=base)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReverieError, match="could not be made"):
        download([MOUSE], tmp_path / "file" / "data", base="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("DANDI:000402", "dandi download DANDI:000402"),
        ("sinzlab/enigma", "hf download --repo-type dataset sinzlab/enigma"),
    ],
)
def test_sets_of_other_archives_are_fetched_by_their_own_clients(name, command):
    with pytest.raises(ReverieError, match=command):
        find_archive(name)
