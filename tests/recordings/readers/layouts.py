"""One simulated session written in every layout, each by the format's own library, with clocks as laboratories have.

The session: some clips, shown one after the other with grey pauses, on a screen of 30 Hz; responses, eye and wheel are
sampled on clocks of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import h5py
import numpy as np
import yaml

from reverie.recordings.trial import Trial

PAUSE = 1.0
"""Seconds of grey screen between two clips."""


@dataclass(frozen=True)
class WrittenSession:
    """A session on one clock: each clip's onset, and everything as functions of time.

    trials: what was shown and recorded, all of one rate. onsets: of each trial, in seconds.
    """

    trials: Sequence[Trial]
    onsets: np.ndarray
    rate: float = 30.0

    @property
    def seconds(self) -> float:
        return float(self.onsets[-1] + self.trials[-1].frames / self.rate + PAUSE)

    def responses(self, rate: float, delay: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Times and responses (time, neuron) on a clock of their own; 0 in the pauses."""
        return self._sampled([trial.responses for trial in self.trials], rate, delay, 0.0)

    def state(self, row: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
        """Times and values (time,) of one signal."""
        rows = [trial.state[row : row + 1] for trial in self.trials]
        times, values = self._sampled(rows, rate, 0.0, float(rows[0].mean()))
        return times, values[:, 0]

    def _sampled(self, series, rate: float, delay: float, rest: float) -> tuple[np.ndarray, np.ndarray]:
        """Take the value of the latest frame at each time."""
        times = delay + np.arange(int(self.seconds * rate)) / rate
        values = np.full((len(times), len(series[0])), rest)
        for trial, onset, part in zip(self.trials, self.onsets, series, strict=True):
            frames = np.floor((times - onset) * self.rate + 1e-6).astype(int)
            inside = (frames >= 0) & (frames < trial.frames)
            values[inside] = part[:, frames[inside]].T
        return times, values

    @property
    def movie(self) -> np.ndarray:
        """All clips in a row, uint8."""
        return np.concatenate([trial.movie for trial in self.trials]).round().astype(np.uint8)

    @property
    def frame_times(self) -> np.ndarray:
        """When each frame of ``movie`` came on."""
        return np.concatenate(
            [onset + np.arange(trial.frames) / self.rate for trial, onset in zip(self.trials, self.onsets, strict=True)]
        )


def session_of(trials: Sequence[Trial], rate: float = 30.0) -> WrittenSession:
    """Put trials one after the other, from 2 s on."""
    lengths = np.array([trial.frames / rate + PAUSE for trial in trials])
    return WrittenSession(trials, 2.0 + np.concatenate([[0.0], np.cumsum(lengths)[:-1]]), rate)


def write_experanto(
    folder: Path,
    session: WrittenSession,
    *,
    response_rate=30.0,
    phases=False,
    mapped=True,
    eye=True,
    running=True,
    still=False,
):
    """A session folder of experanto; of movies that stand still, the image and the grey screen after it."""
    screen = folder / "screen"
    (screen / "data").mkdir(parents=True)
    (screen / "meta").mkdir()
    (screen / "meta.yml").write_text(yaml.safe_dump({"modality": "screen", "frame_rate": session.rate}))
    times: list[float] = []
    for number, (trial, onset) in enumerate(zip(session.trials, session.onsets, strict=True)):
        movie = trial.movie.round().astype(np.uint8)
        length = trial.frames / session.rate
        video, image, blank = onset + np.arange(trial.frames) / session.rate, np.array([onset]), onset + length
        if still:
            _item(screen, 2 * number, "image", image, times, movie[0], tier=trial.tier)
            _item(screen, 2 * number + 1, "blank", np.array([blank]), times)
        else:
            _item(screen, number, "video", video, times, movie, tier=trial.tier)
    np.save(screen / "timestamps.npy", np.array(times))
    _, values = session.responses(response_rate)
    shifts = np.linspace(0, 0.9 / response_rate, values.shape[1]) if phases else None
    _device(folder / "responses", values, response_rate, mapped=mapped, phases=shifts)
    if running:
        _device(folder / "treadmill", session.state(1, 100.0)[1][:, None], 100.0)
    if eye:
        eyes = np.stack([session.state(row, 20.0)[1] for row in (0, 2, 3)], axis=1)
        _device(folder / "eye_tracker", eyes, 20.0)
    return folder


def _item(screen: Path, number: int, modality: str, onsets: np.ndarray, times: list[float], picture=None, **more):
    """Write one item of a screen, and note when its frames came on."""
    meta = {"modality": modality, "first_frame_idx": len(times), "num_frames": len(onsets), **more}
    if picture is not None:
        np.save(screen / f"data/{number:05d}.npy", picture)
        meta["image_size"] = list(picture.shape[-2:])
    (screen / f"meta/{number:05d}.yml").write_text(yaml.safe_dump(meta))
    times += onsets.tolist()


def _device(folder: Path, values: np.ndarray, rate: float, *, mapped=False, phases=None) -> None:
    (folder / "meta").mkdir(parents=True)
    meta = {
        "modality": "sequence",
        "sampling_rate": rate,
        "start_time": 0.0,
        "end_time": len(values) / rate,
        "n_signals": values.shape[1],
        "n_timestamps": len(values),
        "dtype": "float32",
        "is_mem_mapped": mapped,
        "phase_shift_per_signal": phases is not None,
    }
    (folder / "meta.yml").write_text(yaml.safe_dump(meta))
    if phases is not None:
        np.save(folder / "meta/phase_shifts.npy", phases)
    if mapped:
        values.astype(np.float32).tofile(folder / "data.mem")
    else:
        np.save(folder / "data.npy", values.astype(np.float32))


def write_images(folder: Path, trials: Sequence[Trial], frames: int = 15) -> Path:
    """A Sensorium 2022 folder: the first frame of each trial is its image, responses are summed."""
    tiers = []
    for kind in ("images", "responses", "behavior", "pupil_center"):
        (folder / "data" / kind).mkdir(parents=True)
    for number, trial in enumerate(trials):
        np.save(folder / f"data/images/{number}.npy", trial.movie[:1])
        np.save(folder / f"data/responses/{number}.npy", trial.responses[:, :frames].sum(axis=1))
        state = trial.state[:, 0]
        np.save(folder / f"data/behavior/{number}.npy", np.array([state[0], 0.1, state[1]]))
        np.save(folder / f"data/pupil_center/{number}.npy", state[2:])
        tiers.append({"oracle": "validation", "live_test_main": "test"}.get(trial.tier, trial.tier))
    (folder / "meta/trials").mkdir(parents=True)
    np.save(folder / "meta/trials/tiers.npy", np.array(tiers))
    return folder


def write_suite2p(folder: Path, session: WrittenSession, *, rate=30.0, planes=1, **table) -> Path:
    """suite2p's output, of which every third region is no cell; and beside it a table of frames and the movies."""
    for plane in range(planes):
        place = folder / "suite2p" / f"plane{plane}"
        place.mkdir(parents=True)
        _, values = session.responses(rate, plane / planes / rate)
        cells = values[:, plane::planes].T
        traces = np.zeros((len(cells) + len(cells) // 2, cells.shape[1]), dtype=np.float32)
        iscell = np.ones((len(traces), 2))
        iscell[2::3, 0] = 0
        traces[iscell[:, 0] == 1] = cells[: int(iscell[:, 0].sum())]
        np.save(place / "spks.npy", traces)
        np.save(place / "F.npy", traces + 100)
        np.save(place / "Fneu.npy", np.full_like(traces, 10.0))
        np.save(place / "iscell.npy", iscell)
        np.save(place / "ops.npy", {"fs": rate}, allow_pickle=True)
    write_table(folder, session, **table)
    return folder


def coloured(movie: np.ndarray) -> np.ndarray:
    """Red, green and blue that differ, (time, height, width, 3)."""
    return np.stack([movie / 2, movie, 255 - movie], axis=-1).round().astype(np.uint8)


def write_table(folder: Path, session: WrittenSession, kind: str = "frames", *, colours=False) -> Path:
    """A table of what was shown, and the movies beside it."""
    rows = ["time,clip,frame,tier" if kind == "frames" else "onset,clip,tier"]
    for number, (trial, onset) in enumerate(zip(session.trials, session.onsets, strict=True)):
        movie = trial.movie.round().astype(np.uint8)
        np.save(folder / f"clip{number}.npy", coloured(movie.astype(float)) if colours else movie)
        if kind == "frames":
            rows += [f"{onset + k / session.rate:.9f},clip{number},{k},{trial.tier}" for k in range(trial.frames)]
        else:
            rows.append(f"{onset:.9f},clip{number},{trial.tier}")
    (folder / "shown.csv").write_text("\n".join(rows) + "\n")
    return folder / "shown.csv"


def write_caiman(path: Path, session: WrittenSession, *, rate=30.0) -> Path:
    """CaImAn's hdf5."""
    _, values = session.responses(rate)
    with h5py.File(path, "w") as file:
        for name, change in (("S", 0.0), ("C", 1.0), ("F_dff", -0.2)):
            file[f"estimates/{name}"] = values.T + change
        file["estimates/idx_components"] = "NoneType"
        file["params/data/fr"] = rate
    return path


def write_phy(folder: Path, session: WrittenSession, *, sampling=30_000, good=True) -> Path:
    """Phy's files; responses are taken for numbers of spikes, placed inside their frames."""
    folder.mkdir(parents=True)
    times, clusters = [], []
    for trial, onset in zip(session.trials, session.onsets, strict=True):
        counts = trial.responses.round().astype(int)
        for neuron, frame in zip(*np.nonzero(counts), strict=True):
            number = counts[neuron, frame]
            inside = onset + (frame + (np.arange(number) + 0.5) / number) / session.rate
            times += inside.tolist()
            clusters += [neuron] * number
    order = np.argsort(times)
    np.save(folder / "spike_times.npy", np.round(np.array(times)[order] * sampling).astype(np.int64)[:, None])
    np.save(folder / "spike_clusters.npy", np.array(clusters, dtype=np.int32)[order])
    (folder / "params.py").write_text(f"dat_path = 'x.dat'\nsample_rate = {sampling}.0\n")
    if good:
        rows = [f"{n}\t{'noise' if n == 0 else 'good'}" for n in range(len(session.trials[0].responses))]
        (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n" + "\n".join(rows) + "\n")
    return folder


def write_video(path: Path, pictures: np.ndarray) -> None:
    """A film of grey pictures, without loss."""
    with av.open(str(path), "w") as video:
        stream = video.add_stream("libx264", rate=30, options={"qp": "0"})
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:], "yuvj444p"
        for picture in pictures:
            video.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        video.mux(stream.encode())
