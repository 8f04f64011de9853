"""Tables of what was shown: impossible ones are one sentence."""

import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.clips import OpenClip
from reverie.recordings.readers.showings import showings_of
from reverie.recordings.readers.shown_movies import spellings
from reverie.recordings.readers.timed_showings import timed_showings
from reverie.recordings.reading import Reading
from reverie.recordings.source import Footage

FRAMES = 60


def never(clip: str, frames: int | None) -> OpenClip:
    raise AssertionError(clip)


def table(times: np.ndarray, frames: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "clip": "a", "frame": frames})


def test_a_row_a_frame_is_one_showing() -> None:
    (showing,) = showings_of(table(np.arange(FRAMES) / 30, np.arange(FRAMES)), "t.csv", never)
    assert len(showing.onsets) == FRAMES


@pytest.mark.parametrize(
    ("times", "frames", "sentence"),
    [
        (np.arange(FRAMES) * 1000 / 30, np.arange(FRAMES), "s apart; give times in seconds"),
        (np.arange(FRAMES)[::-1] / 30, np.arange(FRAMES), "times that go backwards"),
        (np.arange(FRAMES) / 30, np.arange(FRAMES) + 0.5, "frames that are not whole numbers"),
        (np.full(FRAMES, np.nan), np.arange(FRAMES), "no number for 'time' in row 2"),
    ],
)
def test_impossible_tables_are_refused_in_one_sentence(times: np.ndarray, frames: np.ndarray, sentence: str) -> None:
    with pytest.raises(ReverieError, match=rf"t\.csv .*{sentence}"):
        showings_of(table(times, frames), "t.csv", never)


def clips_of(rate: float, frames: int = FRAMES):
    """Return what opens any clip as one of so many frames."""
    return lambda clip, known: OpenClip(Footage(clip, np.zeros((frames, 4, 6)), "time,height,width"), frames, rate)


def test_images_in_turn_come_in_any_order_and_stay_until_the_next() -> None:
    frames = np.array([7, 3, 3, 9, 8, 1, 0])
    shown = showings_of(table(2 + 0.25 * np.arange(7), frames), "t.csv", never)
    assert [showing.frames.tolist() for showing in shown] == [[7], [3, 3], [9], [8], [1], [0]]
    assert [showing.end for showing in shown] == pytest.approx([2.25, 2.75, 3.0, 3.25, 3.5, 3.75])


@pytest.mark.parametrize("named", [False, True])
def test_images_between_grey_screens_or_of_a_file_each_stay_until_the_next_row(named: bool) -> None:
    times = np.array([2.0, 2.25, 3.0, 3.5, 4.0, 4.25])
    clips = ["a", "", "b" if named else "a", "", "c" if named else "a", ""]
    rows = pd.DataFrame({"time": times, "clip": clips, "frame": 0 if named else [7, 0, 3, 0, 7, 0]})
    shown = [one for one in showings_of(rows, "t.csv", never) if one.clip]
    assert [float(one.onsets[0]) for one in shown] == [2.0, 3.0, 4.0]
    assert [one.end for one in shown] == pytest.approx([2.25, 3.5, 4.25])
    assert showings_of(rows[:5], "t.csv", never)[-1].end == pytest.approx(4.5 if named else 4.375)


def test_images_of_a_table_of_frames_are_over_at_their_own_end() -> None:
    """Also where they happen to come in order, which may be a slow movie elsewhere."""
    onsets = 2.0 + 0.75 * np.arange(4)
    rows = table(onsets, np.arange(4)).assign(end=onsets + 0.25)
    shown = showings_of(rows, "t.csv", never)
    assert [one.frames.tolist() for one in shown] == [[0], [1], [2], [3]]
    assert [one.end for one in shown] == pytest.approx(onsets + 0.25)
    assert len(showings_of(rows.assign(end=onsets), "t.csv", never)) == 1


def test_a_grey_screen_in_a_table_of_frames_needs_no_frame() -> None:
    rows = pd.DataFrame({"time": [2.0, 2.5, 3.0], "clip": ["a", "", "b"], "frame": ["0", None, "1"]})
    assert [one.clip for one in showings_of(rows, "t.csv", never)] == ["a", None, "b"]


def test_images_in_any_order_are_single_showings_but_a_slow_movie_is_one() -> None:
    times = 2 + 0.25 * np.arange(9)
    by_chance = showings_of(table(times, np.array([7, 3, 4, 9, 1, 0, 5, 2, 8])), "t.csv", never)
    assert [showing.frames.tolist() for showing in by_chance] == [[frame] for frame in (7, 3, 4, 9, 1, 0, 5, 2, 8)]
    slow = showings_of(table(times, np.array([0, 1, 2, 4, 5, 6, 7, 8, 9])), "t.csv", never)
    assert [showing.frames.tolist() for showing in slow] == [[0, 1, 2], [4, 5, 6, 7, 8, 9]]


@pytest.mark.parametrize("faster", [2, 1.5, 2.4])
def test_a_movie_with_skipped_frames_begins_again_at_its_first(faster: float) -> None:
    """As where its pictures come faster than those of the screen, or than the rows of the table."""
    frames = np.tile((np.arange(FRAMES) * faster).astype(int), 3)
    shown = showings_of(table(np.arange(3 * FRAMES) / 15, frames), "t.csv", never)
    assert [len(showing.onsets) for showing in shown] == [FRAMES] * 3
    assert {showing.key for showing in shown} == {"a from 0"}


@pytest.mark.parametrize("seed", range(4))
def test_fast_pictures_in_any_order_are_one_showing_and_no_two_are_taken_for_repeats(seed: int) -> None:
    """As of noise whose pictures are drawn from a few; half of the steps go back."""
    frames = np.random.default_rng(seed).integers(0, 20, 2 * FRAMES)
    frames[FRAMES] = frames[0]
    times = np.concatenate([np.arange(FRAMES), 200 + np.arange(FRAMES)]) / 30
    shown = showings_of(table(times, frames), "t.csv", never)
    assert [len(showing.onsets) for showing in shown] == [FRAMES, FRAMES]
    assert [showing.key for showing in shown] == [None, None]
    np.testing.assert_array_equal(np.concatenate([showing.frames for showing in shown]), frames)


@pytest.mark.parametrize(("rate", "end"), [(30.0, 4.0), (29.8, 4.0), (31.0, 2 + FRAMES / 31)])
def test_a_movie_ends_where_the_next_begins(rate: float, end: float) -> None:
    onsets = pd.DataFrame({"onset": [2.0, 4.0], "clip": ["a", "b"]})
    first, second = showings_of(onsets, "t.csv", clips_of(rate))
    assert first.end == pytest.approx(end)
    assert (first.onsets < second.onsets[0]).all()
    assert len(first.onsets) == len(first.frames)


def test_movies_that_would_overlap_were_shown_faster_or_not_to_their_end() -> None:
    onsets = pd.DataFrame({"onset": [2.0, 4.0], "clip": ["a", "b"]})
    with pytest.raises(ReverieError, match=r"shown from 4 s on, while a from 2 s on lasts until 6 s; .* --frame-rate"):
        showings_of(onsets, "t.csv", clips_of(15.0))
    first, second = showings_of(onsets.assign(end=["4", ""]), "t.csv", clips_of(15.0))
    assert (first.end, second.end) == (4.0, 8.0)
    with pytest.raises(ReverieError, match="no number for 'end' in row 3"):
        showings_of(onsets.assign(end=["4", "later"]), "t.csv", clips_of(15.0))


def test_a_movie_whose_parts_have_several_tiers_is_as_many_showings() -> None:
    """The tier of its beginning would be that of all of it, and training would see the test."""
    rows = table(np.arange(FRAMES) / 30, np.arange(FRAMES)).assign(tier=["train"] * 40 + ["test"] * 20)
    shown = showings_of(rows, "t.csv", never)
    assert [(showing.tier, len(showing.onsets)) for showing in shown] == [("train", 40), ("test", 20)]


def test_parts_of_a_table_may_come_in_any_order_but_not_at_the_same_times() -> None:
    first = table(np.arange(FRAMES) / 30, np.arange(FRAMES))
    later = first.assign(time=first["time"] + 60)
    shown = showings_of(pd.concat([later, first], ignore_index=True), "t.csv", never)
    assert [float(showing.onsets[0]) for showing in shown] == [0.0, 60.0]
    (mixed,) = showings_of(first.sample(frac=1, random_state=0), "t.csv", never)
    np.testing.assert_array_equal(mixed.frames, np.arange(FRAMES))
    again = pd.concat([first, first.assign(time=first["time"] + 0.01)], ignore_index=True)
    with pytest.raises(ReverieError, match=rf"t\.csv has times that begin again in row {FRAMES + 2}, .* all one clock"):
        showings_of(again, "t.csv", never)


def test_a_table_may_list_all_times_of_each_image_together() -> None:
    frames = np.concatenate([np.random.default_rng(seed).permutation(5) for seed in range(40)])
    images = table(2 + 0.25 * np.arange(200), frames)
    (usual, listed) = (showings_of(rows, "t.csv", never) for rows in (images, images.sort_values(["frame", "time"])))
    assert [showing.frames.tolist() for showing in listed] == [showing.frames.tolist() for showing in usual]


def test_rows_of_what_never_began_or_was_over_before_it_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    onsets = pd.DataFrame({"onset": [2.0, np.nan, 10.0, 14.0, 18.0], "end": [4.0, 8.0, 10.0, 13.0, 20.0], "clip": "a"})
    shown = showings_of(onsets, "t.csv", clips_of(30.0))
    assert [float(showing.onsets[0]) for showing in shown] == [2.0, 18.0]
    said = capsys.readouterr().err
    assert "t.csv: 1 row without 'onset' left out." in said
    assert "t.csv says that a, on at 14 s, was over at 13 s; this row is left out." in said


def test_rows_of_no_movie_neither_need_an_end_nor_end_a_movie(capsys: pytest.CaptureFixture[str]) -> None:
    """As those of rests and answers in BIDS's events, with n/a for what they do not have."""
    events = pd.DataFrame(
        {"onset": [0.0, 3.0, 3.5, 10.0, 12.0, 12.0, 20.0], "clip": ["", "a", "", "", "", "", "a"]}
        | {"end": ["", "", "3.8", "19", "12.5", "12.5", ""]}
    )
    shown = showings_of(events, "t.csv", clips_of(30.0))
    assert [(one.clip, float(one.onsets[0]), one.end) for one in shown] == [
        ("a", 3.0, 5.0),
        (None, 10.0, 12.0),
        (None, 12.0, 12.5),
        ("a", 20.0, 22.0),
    ]
    assert "t.csv: 2 rows without a movie" in capsys.readouterr().err


@pytest.mark.parametrize("grey_ends", [2.0, 3.0])
def test_a_grey_screen_within_a_movie_whose_end_is_the_files_own_tells_of_its_rate(grey_ends: float) -> None:
    """The movie was shown twice as fast; taken for an answer during it, the grey screen would become movie."""
    onsets = [0.0, 1.0, grey_ends, grey_ends + 1]
    rows = pd.DataFrame({"onset": onsets, "clip": ["a", "", "a", ""], "end": ["", grey_ends, "", 9.0]})
    with pytest.raises(ReverieError, match=r"something else was shown from 1 s on, while a from 0 s on lasts until 2"):
        showings_of(rows, "t.csv", clips_of(30.0))
    shown = showings_of(rows.assign(end=["2", grey_ends, grey_ends + 2, 9]), "t.csv", clips_of(30.0))
    assert [one.clip for one in shown] == ["a", "a"]


def test_an_image_stays_until_its_end() -> None:
    onsets = pd.DataFrame({"onset": [2.0], "clip": ["a"]})
    (showing,) = showings_of(onsets.assign(end=3.5), "t.csv", clips_of(30.0, 1))
    assert (showing.onsets.tolist(), showing.end) == ([2.0], 3.5)
    with pytest.raises(ReverieError, match="the image 'a' at 2 s; say until when in a column end"):
        showings_of(onsets, "t.csv", clips_of(30.0, 1))


@pytest.mark.parametrize(("first", "said"), [(0, False), (1, True)])
def test_frames_that_seem_to_be_counted_from_1_are_asked_about(first: int, said: bool) -> None:
    """The movie goes on after what was shown, so that a frame more is there."""
    rows = table(np.arange(FRAMES) / 30, np.arange(FRAMES) + first)
    _, notes = timed_showings(rows, "t.csv", clips_of(30.0, FRAMES + 9), Reading())
    assert any("are frames counted from 1?" in note for note in notes) == said


@pytest.mark.parametrize(("end", "said"), [(4.0, False), (4.1, False), (6.0, True)])
def test_a_movie_that_was_shown_for_longer_than_it_lasts_is_asked_about(end: float, said: bool) -> None:
    rows = pd.DataFrame({"onset": [2.0], "clip": ["a"], "end": [end]})
    _, notes = timed_showings(rows, "t.csv", clips_of(30.0), Reading())
    assert any("a was shown for 4 s, but it lasts 2 s at its own speed" in note for note in notes) == said


def test_movies_mostly_shown_shorter_than_they_last_are_asked_about() -> None:
    rows = pd.DataFrame({"onset": [2.0, 6.0, 10.0], "clip": ["a", "b", "a"]})
    for ends, said in (([3.6, 7.6, 12.0], True), ([3.6, 8.0, 12.0], False)):
        _, notes = timed_showings(rows.assign(end=ends), "t.csv", clips_of(30.0), Reading())
        assert any("for 1.6 s, but it lasts 2 s at its own speed, of which only" in note for note in notes) == said


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("clip1", "clip1"),
        ("clip1.mp4", "clip1"),
        ("D:\\stimuli\\clip1.AVI", "clip1"),
        ("a/clip1.ome.tif", "clip1"),
        ("clip1.ome", "clip1"),
        ("1.0", "1"),
        ("clip.2", "clip.2"),  # which is not the movie clip
        ("clip1.v2.npy", "clip1.v2"),
    ],
)
def test_names_in_a_table_match_files_without_their_ending(said: str, known: str) -> None:
    assert spellings(said)[-1] == known
