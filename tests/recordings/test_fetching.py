import hashlib

import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.fetching import fetch


def get(server, tmp_path, **options):
    target = tmp_path / "a.zip"
    fetch(f"{server.address}/a.zip", target, pause=0.01, **options)
    assert target.read_bytes() == server.content
    found = hashlib.sha256(server.content).hexdigest()
    assert (tmp_path / "a.zip.sha256").read_text() == f"{found}  a.zip\n"
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "a.zip.sha256"}


def test_an_interrupted_download_goes_on_where_it_stopped(server, tmp_path):
    server.cuts = [1_000_000, 500_000]
    get(server, tmp_path)
    assert server.asked == [None, "bytes=1000000-", "bytes=1500000-"]
    assert server.sent == len(server.content)


def test_partial_downloads_of_earlier_runs_are_resumed(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(server.content[:2_000_000])
    get(server, tmp_path)
    assert server.asked == ["bytes=2000000-"]


def test_a_server_without_ranges_starts_anew(server, tmp_path):
    server.ranges = False
    server.cuts = [1_000_000]
    get(server, tmp_path)
    assert len(server.asked) == 2


def test_a_file_that_changed_on_the_server_is_not_mixed_with_the_old_one(server, tmp_path):
    server.cuts = [1_000_000]
    with pytest.raises(ReverieError, match="it resumes where it stopped"):
        get(server, tmp_path, retries=0)
    server.content = server.content[::-1]
    server.version = '"two"'
    get(server, tmp_path)
    assert server.asked == [None, "bytes=1000000-"]


def test_a_server_that_tells_no_version_is_resumed_all_the_same(server, tmp_path):
    server.version = None
    server.cuts = [1_000_000]
    get(server, tmp_path)
    assert server.asked == [None, "bytes=1000000-"]


def test_a_part_that_is_whole_is_accepted_and_one_too_long_is_not(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(server.content)
    get(server, tmp_path)
    assert server.sent == 0
    (tmp_path / "a.zip").unlink()
    (tmp_path / "a.zip.part").write_bytes(server.content + b"more")
    get(server, tmp_path)
    assert server.sent == len(server.content)


def test_a_download_that_never_grows_is_given_up_and_kept(server, tmp_path):
    server.cuts = [1000, *[0] * 10]
    with pytest.raises(ReverieError, match=r"could not be fetched \(it ended after 0 of \d+ bytes\)"):
        get(server, tmp_path, retries=2)
    assert (tmp_path / "a.zip.part").stat().st_size == 1000
    assert len(server.asked) == 3


def test_a_missing_file_is_told_at_once(server, tmp_path):
    server.statuses = [404] * 9
    with pytest.raises(ReverieError, match="the server answers 404"):
        get(server, tmp_path)
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.statuses = [503, 429]
    get(server, tmp_path)
    assert len(server.asked) == 3


def test_a_file_larger_than_the_disk_is_not_begun(server, tmp_path):
    server.declared = 10**18
    with pytest.raises(ReverieError, match="GB free"):
        get(server, tmp_path)
    assert not (tmp_path / "a.zip.part").exists()
