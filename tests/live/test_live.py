from dataclasses import replace

import numpy as np
import pytest

import reverie as rv
from reverie.fitted.opening import SubjectSources
from reverie.foundation.errors import ReverieError
from reverie.live.fitting import causal_lags, load_live
from reverie.live.server import show_live
from reverie.recordings.recording import Recording

LAG = 0.2


@pytest.fixture(scope="module")
def reader(session):
    encoder = next(iter(session.encoders.values()))
    return rv.Reconstructor(encoder, session.recordings["mouse"], rv.Ridge())


@pytest.fixture(scope="module")
def live(reader):
    return rv.Live(reader, lag=LAG).fit()


def pushed(live, responses):
    live.reset()
    return [live.push(frame) for frame in responses.T]


def test_no_feature_looks_beyond_the_lag():
    for lag in (0, 3, 8, 15):
        for lags in causal_lags(lag):
            assert lags[-1] + lags[-1] - lags[-2] - 1 == lag


def test_pictures_are_those_of_the_decoder_given_the_whole_trial(session, live):
    trial = session.recordings["mouse"].trial("11")
    whole = live.decoder.ridge.decode(trial.responses)
    told = pushed(live, trial.responses)
    assert told[: live.lag] == [None] * live.lag
    shown = [frame for frame in told if frame is not None]
    assert [frame.number for frame in shown] == list(range(trial.frames - live.lag))
    np.testing.assert_allclose([frame.picture for frame in shown], whole[: len(shown)], atol=0.05)


def test_later_responses_change_nothing_that_was_shown(session, live):
    responses = np.array(session.recordings["mouse"].trial("11").responses)
    other = responses.copy()
    other[:, 30:] = 5.0
    until = 30 - live.lag
    first, second = (pushed(live, each)[live.lag :][:until] for each in (responses, other))
    np.testing.assert_array_equal([frame.picture for frame in first], [frame.picture for frame in second])


def test_it_tells_how_late_it_is_and_how_far_off(session, live):
    trial = session.recordings["mouse"].trial("11")
    frames = [frame for frame in pushed(live, trial.responses) if frame is not None]
    assert {frame.lag for frame in frames} == {6 / 30}
    assert all(frame.behind > frame.lag for frame in frames)
    errors = np.array([frame.picture for frame in frames])[10:] - trial.movie[10 : len(frames)]
    # The trial is one of four the errors were measured on.
    assert 0.5 < np.sqrt(np.square(errors).mean()) / frames[0].std.mean() < 2


def test_memory_does_not_grow(session, live):
    responses = session.recordings["mouse"].trial("11").responses
    sizes = set()
    live.reset()
    for _ in range(5):
        for _ in live.stream(responses.T):
            sizes.add(live._window.nbytes)
    assert len(sizes) == 1


def test_bad_frames_are_told(live):
    live.reset()
    for bad in (np.zeros(3), np.full(250, np.nan)):
        with pytest.raises(ReverieError, match="250 finite numbers"):
            live.push(bad)


def test_a_lag_is_at_most_half_a_second_and_is_fitted_before_use(reader):
    with pytest.raises(ReverieError, match=r"0 to 0\.5 seconds behind"):
        rv.Live(reader, lag=0.6)
    with pytest.raises(ReverieError, match="5 frames behind was fitted yet"):
        load_live(reader.fits[0], 5)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_there_is_not_is_told_before_the_work(port, tmp_path):
    with pytest.raises(ReverieError, match=f"There is no port {port}; choose 0 to 65535 with --port"):
        show_live(SubjectSources(tmp_path / "no data", tmp_path), trial="1", port=port)


def test_responses_of_a_rig_are_read_as_those_of_the_files(session, tmp_path):
    shown = session.recordings["mouse"]
    # As the files of traces hold them: from below 0, and with a neuron that was lost.
    trials = [
        replace(one, responses=np.vstack([one.responses - 1.5, np.full((1, one.frames), np.nan)]).astype(np.float32))
        for one in map(shown.trial, shown.tiers)
        if one.responses is not None
    ]
    recording = Recording.from_trials("mouse", trials)
    assert (recording.neurons, recording.listed_neurons) == (shown.neurons, shown.neurons + 1)
    encoder = next(iter(session.encoders.values()))
    reader = rv.Reconstructor(encoder, recording, rv.Ridge(), kept=tmp_path)
    usual, raw = rv.Live(reader, lag=LAG).fit(), rv.Live(reader, lag=LAG, raw=True)
    expected = [frame.picture for frame in usual.stream(recording["11"].responses.T)]
    (files,) = (one.responses for one in trials if one.name == "11")
    np.testing.assert_allclose([frame.picture for frame in raw.stream(files.T)], expected, atol=1e-3)
    with pytest.raises(ReverieError, match=f"is {recording.listed_neurons} finite numbers"):
        raw.push(recording["11"].responses[:, 0])
    gap = np.where(np.arange(len(files)) == 0, np.nan, files[:, 0])
    with pytest.raises(ReverieError, match=rf"has the shape \({recording.listed_neurons},\), other values or gaps"):
        raw.push(gap)
