"""A simulated session written as NWB in the layouts of several sources, by pynwb."""

from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.base import Images
from pynwb.behavior import BehavioralTimeSeries, EyeTracking, PupilTracking, SpatialSeries
from pynwb.epoch import TimeIntervals
from pynwb.image import GrayscaleImage, ImageSeries, IndexSeries
from pynwb.ophys import DfOverF, Fluorescence, ImageSegmentation, OpticalChannel, PlaneSegmentation, RoiResponseSeries
from tests.recordings.readers.layouts import WrittenSession

SHOWN = "/stimulus/presentation/shown"
"""Where the movie is that ``free`` writes."""


def new_nwb() -> NWBFile:
    """An empty file with an imaging plane."""
    return NWBFile(
        session_description="a session", identifier="session-1", session_start_time=datetime(2026, 1, 1, tzinfo=UTC)
    )


def _plane(file: NWBFile, neurons: int, name: str = "plane") -> PlaneSegmentation:
    device = next(iter(file.devices.values()), None) or file.create_device(name="scope")
    plane = file.create_imaging_plane(
        name=f"imaging_{name}",
        optical_channel=OpticalChannel(name="green", description="GCaMP", emission_lambda=510.0),
        description="a plane",
        device=device,
        excitation_lambda=920.0,
        indicator="GCaMP6s",
        location="VISp",
    )
    ophys = file.processing.get("ophys") or file.create_processing_module(name="ophys", description="imaging")
    segmentation = ImageSegmentation(name=f"segmentation_{name}")
    ophys.add(segmentation)
    table = segmentation.create_plane_segmentation(description="cells", imaging_plane=plane, name=name)
    for _ in range(neurons):
        table.add_roi(pixel_mask=[(0, 0, 1.0)])
    return table


def _series(table: PlaneSegmentation, name: str, values, times, **options) -> RoiResponseSeries:
    regions = table.create_roi_table_region(description="all cells", region=list(range(values.shape[1])))
    return RoiResponseSeries(name=name, data=values, rois=regions, unit="a.u.", timestamps=times, **options)


def save(path: Path, file: NWBFile) -> Path:
    with NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


def write_allen(path: Path, session: WrittenSession, *, rate=30.0, eye=True, events=True) -> Path:
    """Allen Visual Coding two-photon: one template, shown by index; a spontaneous block at the end."""
    file = new_nwb()
    times, values = session.responses(rate)
    table = _plane(file, values.shape[1])
    dff = DfOverF(name="DfOverF", roi_response_series=[_series(table, "DfOverF", values - 0.3, times)])
    if events:
        dff.add_roi_response_series(_series(table, "DfOverFEvents", values, times))
    file.processing["ophys"].add(dff)
    movie = ImageSeries(name="natural_movie_one", data=session.movie, unit="n.a.", rate=float("nan"), format="raw")
    file.add_stimulus_template(movie)
    epochs = TimeIntervals(name="epochs", description="what was shown")
    epochs.add_column(name="stimulus_name", description="its name")
    epochs.add_interval(start_time=0.0, stop_time=session.seconds - 0.5, stimulus_name="natural_movie_one")
    file.add_time_intervals(epochs)
    behaviour = file.create_processing_module(name="behavior", description="behaviour")
    wheel, speed = session.state(1, 100.0)
    running = TimeSeries(name="running_speed", data=speed, unit="cm/s", timestamps=wheel)
    behaviour.add(BehavioralTimeSeries(time_series=[running]))
    if eye:
        at, size = session.state(0, 20.0)
        pupil = TimeSeries(name="pupil_size", data=size, unit="px", timestamps=at)
        behaviour.add(PupilTracking(time_series=[pupil]))
        gaze = np.stack([session.state(row, 20.0)[1] for row in (2, 3)], axis=1)
        where = SpatialSeries(name="pupil_location", data=gaze, reference_frame="screen", timestamps=pupil)
        behaviour.add(EyeTracking(spatial_series=[where]))
    save(path, file)
    # The library of today writes no such pointer any more; the files of the institute have it.
    with h5py.File(path, "a") as written:
        shown = written.create_group("stimulus/presentation/natural_movie_one_stimulus")
        shown.attrs["neurodata_type"] = "IndexSeries"
        shown["data"] = np.arange(len(session.movie), dtype=np.uint32)
        shown["timestamps"] = session.frame_times
        shown["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/natural_movie_one")
    return path


def write_microns(path: Path, session: WrittenSession, *, rate=6.3, planes=2, conditions=None) -> Path:
    """MICrONS: one long movie, tables of clips, one series a field with times of its own.

    conditions: how many clips there are, shown in turn; as many as trials by default.
    """
    file = new_nwb()
    fluorescence = Fluorescence()
    for plane in range(planes):
        times, values = session.responses(rate, plane / planes / rate)
        part = values[:, plane::planes]
        table = _plane(file, part.shape[1], f"field{plane}")
        fluorescence.add_roi_response_series(_series(table, f"RoiResponseSeries{plane + 1}", part, times))
    file.processing["ophys"].add(fluorescence)
    file.add_acquisition(
        ImageSeries(name="stimulus", data=session.movie, unit="n.a.", timestamps=session.frame_times, format="raw")
    )
    clips = TimeIntervals(name="Clip", description="clips")
    for name in ("condition_hash", "movie_name"):
        clips.add_column(name=name, description=name)
    for number, (trial, onset) in enumerate(zip(session.trials, session.onsets, strict=True)):
        clips.add_interval(
            start_time=float(onset),
            stop_time=float(onset + trial.frames / session.rate),
            condition_hash=f"hash{number % (conditions or len(session.trials))}",
            movie_name="m",
        )
    file.add_time_intervals(clips)
    wheel, speed = session.state(1, 100.0)
    file.add_acquisition(
        TimeSeries(name="treadmill_velocity", data=speed * 100, unit="m/s", conversion=0.01, timestamps=wheel)
    )
    at, size = session.state(0, 20.0)
    radii = [
        TimeSeries(name=f"pupil_{k}_radius", data=size * f, unit="px", timestamps=at)
        for k, f in (("minor", 0.9), ("major", 1.0))
    ]
    file.add_acquisition(PupilTracking(time_series=radii))
    gaze = np.stack([session.state(row, 20.0)[1] for row in (2, 3)], axis=1)
    eye = SpatialSeries(name="eye_position", data=gaze, reference_frame="camera", timestamps=at)
    file.add_acquisition(EyeTracking(spatial_series=[eye]))
    return save(path, file)


def write_neuropixels(path: Path, session: WrittenSession, movie: Path) -> Path:
    """Allen Neuropixels: units, a row a frame; the movie is written apart."""
    file = new_nwb()
    np.save(movie, session.movie)
    device = file.create_device(name="probe")
    group = file.create_electrode_group(name="probeA", description="a probe", location="VISp", device=device)
    for location in ("VISp", "CA1"):
        file.add_electrode(group=group, location=location, id=100 if location == "VISp" else 200)
    for name in ("quality", "peak_channel_id"):
        file.add_unit_column(name=name, description=name)
    neurons = len(session.trials[0].responses)
    for neuron in range(neurons + 2):
        train = [0.5]
        for trial, onset in zip(session.trials, session.onsets, strict=True):
            counts = trial.responses[neuron % neurons].round().astype(int)
            for frame in np.flatnonzero(counts):
                train += (onset + (frame + (np.arange(counts[frame]) + 0.5) / counts[frame]) / session.rate).tolist()
        quality = "noise" if neuron == neurons else "good"
        file.add_unit(spike_times=train, quality=quality, peak_channel_id=200 if neuron == neurons + 1 else 100)
    shown = TimeIntervals(name="natural_movie_one_presentations", description="a row a frame")
    for name in ("frame", "stimulus_block"):
        shown.add_column(name=name, description=name)
    for number, time in enumerate(session.frame_times):
        shown.add_interval(
            start_time=float(time), stop_time=float(time + 1 / session.rate), frame=float(number), stimulus_block=1.0
        )
    file.add_time_intervals(shown)
    running = file.create_processing_module(name="running", description="running")
    wheel, speed = session.state(1, 100.0)
    running.add(TimeSeries(name="running_speed", data=speed, unit="cm/s", timestamps=wheel))
    return save(path, file)


def write_suite2p_nwb(path: Path, session: WrittenSession, *, rate=30.0) -> Path:
    """suite2p's NWB: rate only, starting at 0."""
    file = new_nwb()
    _, values = session.responses(rate)
    table = _plane(file, values.shape[1], "plane0")
    cells = np.ones((values.shape[1], 2))
    cells[0, 0] = 0
    table.add_column(name="iscell", description="is it a cell, and how likely", data=cells)
    regions = table.create_roi_table_region(description="all", region=list(range(values.shape[1])))
    for name in ("Fluorescence", "Neuropil", "Deconvolved"):
        series = RoiResponseSeries(name="plane0", data=values, rois=regions, unit="a.u.", rate=rate)
        file.processing["ophys"].add(Fluorescence(name=name, roi_response_series=[series]))
    return save(path, file)


def write_free(path: Path, session: WrittenSession) -> Path:
    """A file of no known layout: pictures in a container, shown by index; responses somewhere else."""
    file = new_nwb()
    times, values = session.responses(session.rate)
    table = _plane(file, values.shape[1])
    file.add_acquisition(_series(table, "my_cells", values.astype(np.float32), times))
    pictures = Images(
        name="pictures",
        images=[GrayscaleImage(name=f"picture{n:04d}", data=frame) for n, frame in enumerate(session.movie)],
    )
    file.add_stimulus_template(pictures)
    file.add_stimulus(
        IndexSeries(
            name="shown",
            data=np.arange(len(session.movie), dtype=np.uint32),
            unit="N/A",
            indexed_images=pictures,
            timestamps=session.frame_times,
        )
    )
    wheel, speed = session.state(1, 100.0)
    file.add_acquisition(TimeSeries(name="wheel", data=speed, unit="cm/s", timestamps=wheel))
    return save(path, file)


def free(session: WrittenSession, **series) -> NWBFile:
    """An empty file with all cells of the session in it, and a movie."""
    file = new_nwb()
    times, values = session.responses(session.rate)
    cells = _plane(file, values.shape[1])
    file.add_acquisition(_series(cells, "cells", values.astype(np.float32), times))
    if series:
        file.add_stimulus(ImageSeries(name="shown", unit="n.a.", timestamps=session.frame_times, **series))
    return file


def movies_of(recording) -> list[np.ndarray]:
    """The movies of a recording's trials."""
    return [recording.movie(name) for name in recording.tiers if recording.has_movie(name)]


def with_units(session: WrittenSession) -> NWBFile:
    """Seven units that fire ten times a second, and nothing else."""
    file = new_nwb()
    for neuron in range(7):
        file.add_unit(spike_times=np.arange(0.01 * neuron, session.seconds, 0.1))
    return file


def spoil(group, name, values=None):
    """Delete what a group holds, or put something else in its place."""
    attributes = dict(group[name].attrs)
    del group[name]
    if values is not None:
        group[name] = values
        group[name].attrs.update(attributes)
