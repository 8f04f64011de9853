import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_record
from reverie.runs.run_folder import RunFolder


def record(steps, **trials):
    return {"settings": {"steps": steps, "candidates": (1, 2), "trials": trials}, "seed": 0}


def test_a_run_can_be_continued_with_more_trials(tmp_path):
    run = RunFolder(tmp_path)
    run.open(record(10, alpha=["1"]))
    run.open(record(10, alpha=["3", "1"], beta=["2"]))
    assert run.read_record()["settings"]["trials"] == {"alpha": ["1", "3"], "beta": ["2"]}


def test_a_run_with_other_settings_is_never_overwritten(tmp_path):
    run = RunFolder(tmp_path)
    run.open(record(10, alpha=["1"]))
    with pytest.raises(ReverieError, match="steps: 10 there, 20 now"):
        run.open(record(20, alpha=["1"]))
    assert run.read_record()["settings"]["steps"] == 10


def test_trials_are_listed_by_animal_and_number(tmp_path):
    run = RunFolder(tmp_path)
    for animal, trial in [("beta", "1"), ("alpha", "10"), ("alpha", "9")]:
        place = run.trial(animal, trial)
        place.folder.mkdir(parents=True)
        write_record(place.finished, {"animal": animal, "trial": trial})
    run.trial("alpha", "11").folder.mkdir()  # interrupted
    (tmp_path / "jobs/0123").mkdir(parents=True)
    assert [(place.animal, place.trial) for place in run.finished_trials()] == [
        ("alpha", "9"),
        ("alpha", "10"),
        ("beta", "1"),
    ]


def test_a_renamed_folder_is_known_by_what_it_holds_and_a_copy_is_left_out(tmp_path, capsys):
    for folder in ("alpha/9", "other/9", "alpha/7"):
        (tmp_path / folder).mkdir(parents=True)
        write_record(tmp_path / folder / "reconstruction.json", {"animal": "beta", "trial": folder[-1]})
    found = RunFolder(tmp_path).finished_trials()
    assert [(one.animal, one.trial, one.folder) for one in found] == [
        ("beta", "7", tmp_path / "alpha/7"),
        ("beta", "9", tmp_path / "alpha/9"),
    ]
    assert f"{tmp_path / 'other/9'} holds beta trial 9, as" in capsys.readouterr().err


def test_a_trial_that_does_not_tell_its_name_is_made_again(tmp_path):
    (tmp_path / "alpha/9").mkdir(parents=True)
    write_record(tmp_path / "alpha/9/reconstruction.json", {"trial": 9})
    with pytest.raises(ReverieError, match=r"reconstruction\.json does not say of which animal and trial it is"):
        RunFolder(tmp_path).finished_trials()


def test_other_folders_and_empty_runs_are_refused(tmp_path):
    with pytest.raises(ReverieError, match=r"is not a run folder \(no run\.json\)"):
        RunFolder(tmp_path).read_record()
    with pytest.raises(ReverieError, match="holds no reconstructed movie"):
        RunFolder(tmp_path).finished_trials()


@pytest.mark.parametrize("file", ["encoder.json", "mouse1/data/videos/0.npy"])
def test_a_run_never_goes_into_a_folder_of_something_else(tmp_path, file):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("{}")
    with pytest.raises(ReverieError, match="is not empty and holds no run of ours"):
        RunFolder(tmp_path).open(record(10, alpha=["1"]))
    assert not RunFolder(tmp_path).record.exists()


def test_a_damaged_record_is_told_with_the_way_out(tmp_path):
    run = RunFolder(tmp_path)
    run.open(record(10, alpha=["1"]))
    run.record.write_bytes(run.record.read_bytes()[:50])
    with pytest.raises(ReverieError, match=r"run\.json could not .* Or delete it: the same `reverie reconstruct` then"):
        run.open(record(10, alpha=["1"]))


def test_a_run_that_lost_its_record_goes_on(tmp_path):
    (tmp_path / "jobs").mkdir()
    (tmp_path / ".DS_Store").write_text("x")
    RunFolder(tmp_path).open(record(10, alpha=["1"]))
    assert RunFolder(tmp_path).record.exists()


def test_a_run_that_was_stopped_before_its_first_movie_says_how_to_go_on(tmp_path):
    run = RunFolder(tmp_path)
    run.open(record(10, alpha=["1"]))
    (tmp_path / "jobs/0123").mkdir(parents=True)
    with pytest.raises(ReverieError, match="no reconstructed movie yet; give the same `reverie reconstruct` again"):
        run.finished_trials()
