from pathlib import Path

import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.footage import deal_videos

VIDEOS = [Path(f"{letter}.mp4") for letter in "abcdefghijklmnopqrstuv"]


@pytest.mark.parametrize("count", [1, 2, 3, 9, 22])
def test_every_video_is_in_one_tier(count: int):
    dealt = deal_videos(VIDEOS[:count])
    assert sorted(video for tier in dealt.values() for video in tier) == VIDEOS[:count]
    assert dealt["live_test_main"]


def test_named_test_videos_are_the_test_tier():
    dealt = deal_videos(VIDEOS[:20], VIDEOS[20:])
    assert dealt["live_test_main"] == VIDEOS[20:]
    assert len(dealt["oracle"]) == 2
    assert len(dealt["train"]) == 18


def test_only_test_videos_leave_training_synthetic():
    assert deal_videos([], VIDEOS[:2]) == {"train": [], "oracle": [], "live_test_main": VIDEOS[:2]}


def test_a_video_in_both_places_is_refused():
    with pytest.raises(ReverieError, match=r"a\.mp4 is named for training and for the test"):
        deal_videos(VIDEOS[:3], [Path("x/../a.mp4")])


def test_a_copy_of_a_training_video_is_no_test_video(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.mp4").write_bytes(b"the same")
    with pytest.raises(ReverieError, match=r"b\.mp4 is named for training \(as .*a\.mp4\) and for the test"):
        deal_videos([tmp_path / "a.mp4"], [tmp_path / "b.mp4"])
