import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, spoil_movie

from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.jobs.clip import Clip
from reverie.recordings.contents import movie_digest
from reverie.studies import candidates
from reverie.studies.candidates import candidates_of
from reverie.studies.identify import identify


@pytest.fixture(scope="module")
def clips(session):
    return [Clip("mouse", name) for name in session.recordings["mouse"].names("oracle")]


@pytest.fixture(scope="module")
def answers(session, clips):
    return identify(session, clips, session.sources.encoders[0], (3, 250), (4, 24, 90))


def test_candidates_are_unseen_movies_and_their_mirror_images(session):
    subject = session.fitted("mouse", session.sources.encoders[0]).subject
    recording = subject.recording
    found = list(candidates_of(subject, 50))
    assert len(found) == 8 * 4
    assert len({candidate.movie.tobytes() for candidate in found}) == 32
    shown = recording.movie(recording.names("oracle")[0])[:50]
    for candidate in found[:8]:
        np.testing.assert_array_equal(np.flip(candidate.movie, candidate.flips), shown)
    assert list(candidates_of(subject, 61)) == []


def test_trials_without_a_movie_and_broken_ones_are_no_candidates(tiny_world, capsys):
    (tiny_world.data / "alpha/data/videos/7.npy").unlink()
    spoil_movie(tiny_world, "alpha", "5")
    describe_training(tiny_world, ["0", "1", "2", "3"], ["6"])
    np.save(tiny_world.data / "alpha/data/responses/7.npy", np.ones((20, 48)))
    subject = fitted_to(tiny_world).subject
    recording = subject.recording
    assert not recording.has_movie("7")
    names = {candidate.name for candidate in candidates_of(subject, 40)}
    assert names == {movie_digest(recording, name) for name in ("4", "6")}
    assert "left out 1 trial (5)" in capsys.readouterr().err


def test_many_neurons_tell_what_was_shown_and_few_for_a_moment_do_not(answers):
    means = answers.groupby(["neurons", "seconds"])["accuracy"].mean()
    assert means[250, 24 / 30] > 0.9
    assert means[250, 24 / 30] >= means[250, 4 / 30] > means[3, 4 / 30]
    assert means[3, 4 / 30] < 0.4


def test_too_long_cut_outs_are_left_out_and_rows_count_questions_and_candidates(answers):
    assert set(answers["seconds"]) == {4 / 30, 24 / 30}
    assert len(answers) == 2 * 2 * 4
    short, long = (answers[answers["seconds"] == length / 30].iloc[0] for length in (4, 24))
    assert (short["questions"], short["candidates"]) == (9, 100)
    assert (long["questions"], long["candidates"]) == (2, 64)


def test_clips_too_short_for_any_cut_out_are_told(session, clips):
    with pytest.raises(NotApplicable, match="too short for cut-outs of 90 frames"):
        identify(session, clips[:1], session.sources.encoders[0], (3,), (90, 200))


def test_movies_that_have_nothing_to_do_with_the_responses_are_found_by_chance_alone(session, clips):
    moved = [Clip("mouse", clip.name) for clip in clips]
    order = np.random.default_rng(0).permutation(250)

    def mixed(clip):
        trial = clip.read(session)
        return Clip(clip.animal, clip.name, trial.movie, trial.state, np.array(trial.responses[order]))

    found = identify(session, [mixed(clip) for clip in moved], session.sources.encoders[0], (250,), (4, 24))
    assert found["accuracy"].mean() < 0.15


def test_a_movie_the_encoder_was_taught_cannot_be_asked_about(session):
    taught = Clip("mouse", session.recordings["mouse"].names("train")[0])
    with pytest.raises(ReverieError, match="trained on the movie"):
        identify(session, [taught], session.sources.encoders[0], (10,), (10,))


def test_fewer_candidates_are_taken_when_told_so(session, clips, monkeypatch):
    monkeypatch.setattr(candidates, "CANDIDATES", 2)
    found = identify(session, clips[:1], session.sources.encoders[0], (250,), (24,))
    assert found["candidates"].tolist() == [2]
    assert found["accuracy"].tolist() == [1.0]
