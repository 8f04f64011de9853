"""What sorters and suite2p leave behind in ways of their own."""

import shutil

import h5py
import numpy as np
import pytest
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def sorting(session, tmp_path):
    """Sorted spikes of seven clusters that nobody has judged."""
    place = tmp_path / "sorted"
    layouts.write_phy(place, session, good=False)
    layouts.write_table(place, session)
    return place


def read(place, **options):
    return open_recording(place, Reading(frames_table=place / "shown.csv", **options))


@pytest.mark.parametrize("written", ["30000", "30000.", "30_000.0  # in Hz", "3e4"])
def test_the_sampling_rate_is_read_as_python_writes_numbers(sorting, session, written):
    expected = read(sorting, rate=30_000.0)
    text = f"dat_path = 'C:/Mäuse/x.dat'\nsample_rate = {written}\n"
    (sorting / "params.py").write_text(text, encoding="latin-1")  # as on Windows
    found = read(sorting)
    assert found.tiers == expected.tiers
    for name in expected.tiers:
        np.testing.assert_array_equal(found.responses(name), expected.responses(name))


def test_all_missing_options_are_named_at_once(sorting):
    (sorting / "params.py").unlink()
    with pytest.raises(ReverieError, match=r"give --rate \(in Hz, such as 30000\), and --frames-table with a csv file"):
        open_recording(sorting)
    with pytest.raises(ReverieError, match=r"give --rate \(in Hz, such as 30000\)\.$"):
        read(sorting)


@pytest.mark.parametrize("written", ["fs", "30000 * 2", "'30000'", "0.0"])
def test_a_sampling_rate_that_is_no_number_is_asked_for(sorting, written):
    (sorting / "params.py").write_text(f"fs = 30000.0\nsample_rate = {written}\n")
    with pytest.raises(ReverieError, match="does not say how often the probe was sampled; give --rate"):
        read(sorting)


def test_a_rate_that_contradicts_the_files_is_told(sorting, session, capsys):
    read(sorting, rate=25_000.0)
    caiman = layouts.write_caiman(sorting / "mouse.hdf5", session)
    with h5py.File(caiman, "a") as file:
        del file["params/data/fr"]
        file["params/data/fr"] = np.array([30.0])
    open_recording(caiman, Reading(frames_table=sorting / "shown.csv", rate=10.0))
    told = capsys.readouterr().err
    assert "sorted states a rate of 30000 Hz, but --rate 25000 is believed." in told
    assert "mouse.hdf5 states a rate of 30 Hz, but --rate 10 is believed." in told
    for agreed in (None, 30.0):
        open_recording(caiman, Reading(frames_table=sorting / "shown.csv", rate=agreed))
    assert "believed" not in capsys.readouterr().err


@pytest.mark.parametrize("written", ["templates", "ALF", "seconds"])
def test_the_same_spikes_are_counted_from_files_of_every_sorter(sorting, written):
    """Also where the clusters are the templates, or times are in seconds, whatever params.py says."""
    expected = read(sorting)
    times = np.load(sorting / "spike_times.npy") / 30_000
    clusters = sorting / "spike_clusters.npy"
    if written == "templates":
        clusters.rename(sorting / "spike_templates.npy")
    else:
        (sorting / "spike_times.npy").unlink()
        np.save(sorting / {"ALF": "spikes.times.npy", "seconds": "spike_times.npy"}[written], times)
    if written == "ALF":
        clusters.rename(sorting / "spikes.clusters.npy")
    found = read(sorting, **{"rate": 1.0} if written == "seconds" else {})
    assert found.tiers == expected.tiers
    for name in expected.tiers:
        np.testing.assert_array_equal(found.responses(name), expected.responses(name))


def labels(column, word, number="cluster_id"):
    """A table that calls cluster 0 noise and the others ``word``."""
    return f"{number}\tamp\t{column}\n" + "".join(f"{n}\t1\t{word if n else 'noise'}\n" for n in range(7))


def uncurated(table):
    """The same table before anybody judged its clusters: a column ``group`` without a word."""
    first, *rows = table.splitlines()
    return "\n".join([f"{first}\tgroup", *(f"{row}\t" for row in rows), ""])


@pytest.mark.parametrize(
    ("files", "neurons", "after"),
    [
        ({"cluster_groups.csv": labels("group", " Good")}, 6, "'good' in cluster_groups.csv"),
        ({"cluster_info.tsv": labels("group", "good", "id")}, 6, "'good' in cluster_info.tsv"),
        ({"cluster_group.tsv": labels("group", "good").replace("\t", ",")}, 6, "'good' in cluster_group.tsv"),
        ({"cluster_info.tsv": uncurated(labels("KSLabel", "good"))}, 6, "'good' in cluster_info.tsv"),
        ({"cluster_group.tsv": "cluster_id\tgroup\n"}, 7, "no table says"),
        (
            {
                "cluster_group.tsv": labels("group", "unsorted").replace("noise", "unsorted"),
                "cluster_KSLabel.tsv": labels("KSLabel", "good"),
            },
            6,
            "'good' in cluster_KSLabel.tsv",
        ),
    ],
)
def test_single_units_are_those_of_the_first_table_that_judges(sorting, files, neurons, after):
    for name, content in files.items():
        (sorting / name).write_text(content)
    recording = read(sorting)
    assert recording.neurons == neurons
    assert after in recording.notes[0]


def test_a_table_that_calls_nothing_good_is_not_passed_over(sorting):
    (sorting / "cluster_group.tsv").write_text(labels("group", "mua"))
    (sorting / "cluster_KSLabel.tsv").write_text(labels("KSLabel", "good"))
    with pytest.raises(ReverieError, match=r"cluster_group\.tsv calls no cluster with spikes 'good'; curate it"):
        read(sorting)


def test_traces_that_suite2p_did_not_write_are_told_with_those_it_did(session, tmp_path):
    layouts.write_suite2p(tmp_path, session, planes=2)
    for plane in (0, 1):
        (tmp_path / f"suite2p/plane{plane}/spks.npy").unlink()
    with pytest.raises(ReverieError, match=r"plane0 holds no spks\.npy, .* choose --responses from: F, dF"):
        read(tmp_path, rate=30.0)
    assert read(tmp_path, rate=30.0, responses="dF").neurons == 7


def test_a_plane_without_a_cell_is_told_and_spoils_no_other(session, tmp_path, capsys):
    layouts.write_suite2p(tmp_path, session, planes=2)
    shutil.copytree(tmp_path / "suite2p/plane0", tmp_path / "suite2p/combined")  # of all planes, which are taken apart
    iscell = tmp_path / "suite2p/plane1/iscell.npy"
    np.save(iscell, np.load(iscell) * 0)
    assert read(tmp_path, rate=30.0).neurons == 4
    assert "iscell.npy calls no region a cell (1)" in capsys.readouterr().err


@pytest.mark.parametrize(("lost", "left"), [(1, 3), (60, 2)])
def test_a_plane_that_ended_before_the_others_is_named(session, tmp_path, capsys, lost, left):
    layouts.write_suite2p(tmp_path, session, planes=2)
    spikes = tmp_path / "suite2p/plane1/spks.npy"
    np.save(spikes, np.load(spikes)[:, :-lost])
    recording = read(tmp_path, rate=30.0)
    assert len(recording.tiers) == left
    assert capsys.readouterr().err.count(f"plane1) and {recording.source.recorded.responses[0].times.size}") == (
        lost > 1
    )
    assert all("plane0 (and 1 more) holds NaN" in reason for reason in recording.left_out.values())


def test_probabilities_of_being_a_cell_are_no_judgement(session, tmp_path):
    """Those that happen to be 1 would be the only cells."""
    layouts.write_suite2p(tmp_path, session)
    iscell = tmp_path / "suite2p/plane0/iscell.npy"
    np.save(iscell, np.linspace(0.2, 1.0, len(np.load(iscell))))
    with pytest.raises(ReverieError, match=r"iscell\.npy should hold, in its first column, 1 .* but holds 0\.2"):
        read(tmp_path, rate=30.0)


def test_a_plane_without_traces_was_scanned_all_the_same(session, tmp_path):
    """Where it took its time, the planes after it were scanned that much later."""
    layouts.write_suite2p(tmp_path, session, planes=3)
    whole = read(tmp_path, rate=30.0, responses="F")
    rows = [len(np.load(tmp_path / f"suite2p/plane{plane}/F.npy")) for plane in range(3)]
    cells = [int((np.load(tmp_path / f"suite2p/plane{plane}/iscell.npy")[:, 0] == 1).sum()) for plane in range(3)]
    assert sum(cells) == whole.neurons < sum(rows)
    for name in ("F.npy", "spks.npy"):
        (tmp_path / "suite2p/plane1" / name).unlink()
    without = read(tmp_path, rate=30.0, responses="F")
    assert any("(with 1 without traces)" in note for note in without.notes)
    kept = [*range(cells[0]), *range(cells[0] + cells[1], sum(cells))]
    for name in whole.tiers:
        np.testing.assert_array_equal(without.responses(name), whole.responses(name)[kept])


@pytest.mark.parametrize("accepted", [[0, 1, 1, 1, 0, 1, 1], [2, 9]])
def test_an_invalid_list_of_accepted_components_is_refused(session, tmp_path, accepted):
    """Where each is judged by 0 or 1, components 0 and 1 would be taken many times."""
    place = layouts.write_caiman(tmp_path / "mouse.hdf5", session)
    layouts.write_table(tmp_path, session)
    with h5py.File(place, "a") as file:
        del file["estimates/idx_components"]
        file["estimates/idx_components"] = np.array(accepted)
    with pytest.raises(ReverieError, match="idx_components should list each accepted one of 7 components once"):
        open_recording(place, Reading(frames_table=tmp_path / "shown.csv"))


@pytest.mark.parametrize(
    "accepted", [np.array([1, 4]), np.array([1.0, 4.0]), np.array([False, True, False, False, True, False, False])]
)
def test_accepted_components_may_be_numbers_of_any_kind_or_truth_values(session, tmp_path, accepted):
    place = layouts.write_caiman(tmp_path / "mouse.hdf5", session)
    layouts.write_table(tmp_path, session)
    reading = Reading(frames_table=tmp_path / "shown.csv", responses="C")
    whole = open_recording(place, reading)
    with h5py.File(tmp_path / "copy.hdf5", "w") as copy, h5py.File(place, "r") as file:
        for name in file:
            file.copy(name, copy)
        del copy["estimates/idx_components"]
        copy["estimates/idx_components"] = accepted
    chosen = open_recording(tmp_path / "copy.hdf5", reading)
    np.testing.assert_array_equal(chosen.responses("0"), whole.responses("0")[[1, 4]])
