"""The contents of an NWB file of any layout: possible movies, responses, behaviour, and tables of what was shown."""

from collections.abc import Sequence

import h5py
import numpy as np

from reverie.foundation.errors import ReverieError, some
from reverie.recordings.clocks import usual_rate
from reverie.recordings.readers.nwb.file import H5Object, column_names, kind_of, lost_links, place_of, times_of

MOVIES = ("ImageSeries", "IndexSeries", "OpticalSeries")
MICROSCOPES = ("OnePhotonSeries", "TwoPhotonSeries", "ImageMaskSeries")
"""Types of image series that are not stimuli but microscope recordings."""

TEMPLATES = "/stimulus/templates/"
"""Group of movies that may be shown at any time, and repeatedly."""

PRESENTATIONS = "/stimulus/presentation/"
"""Group of movies that were shown as they lie there, at times of their own."""

RESPONSES = ("RoiResponseSeries", "FluorescenceSeries", "Units")
BEHAVIOUR = ("TimeSeries", "SpatialSeries", "IntervalSeries")

MOVIE_OPTION = "--movie"
RESPONSES_OPTION = "--responses"
BEHAVIOUR_OPTIONS = "--running, --pupil or --gaze"
"""Options that take a path in the file."""

FEWEST_NEURONS = 4
"""Columns from which a plain series may be of neurons; fewer are behaviour, such as the three axes of a place."""

LISTS = "`reverie inspect` lists what there is"

TABLES = "intervals"

INVALID = "invalid_times"
"""Name of the table of times that are to be left out."""


def is_movie(item: H5Object) -> bool:
    """Return whether an object may be a movie; types of extensions are recognised by the field that all movies have."""
    if not isinstance(item, h5py.Group) or kind_of(item) in MICROSCOPES:
        return False
    return kind_of(item) in MOVIES or ("format" in item and bool(kind_of(item)))


def movies_under(item: H5Object) -> dict[str, H5Object]:
    """Return possible movies by path: the object itself, or all inside it, in order of their names."""
    if is_movie(item):
        return {item.name: item}
    found: dict[str, H5Object] = {}
    for name in sorted(item) if isinstance(item, h5py.Group) else ():
        if isinstance(inner := item.get(name), h5py.Group):
            found |= movies_under(inner)
    return found


def movies_in(file: H5Object) -> dict[str, H5Object]:
    """Return all possible movies of a stimulus by path, those with times first."""
    places = (file.get(path) for path in ("stimulus/presentation", "acquisition", "stimulus/templates"))
    return {path: movie for place in places if place is not None for path, movie in movies_under(place).items()}


def require_other_regions(series: Sequence[H5Object]) -> None:
    """Raise ReverieError where two series are of the same regions, such as fluorescence and neuropil, and no planes."""
    seen: dict[tuple[object, bytes], H5Object] = {}
    for one in series:
        if (regions := one.get("rois")) is None or not regions.attrs.get("table"):
            continue
        same = (one.file[regions.attrs["table"]].name, np.asarray(regions).tobytes())
        if same in seen:
            raise ReverieError(
                f"{place_of(seen[same])} and {one.name} are of the same regions; name one of them with --responses."
            )
        seen[same] = one


def candidates(file: H5Object) -> dict[str, list[str]]:
    """Return the paths, without the first slash, of what may be the movie, responses and behaviour, by option.

    Links are followed, also to other files, as of a file of results to that of the raw data.
    """
    found: dict[str, list[str]] = {MOVIE_OPTION: [], RESPONSES_OPTION: [], BEHAVIOUR_OPTIONS: []}

    def visit(group: H5Object, path: str) -> None:
        for name in group:
            item = group.get(name)
            if not isinstance(item, h5py.Group) or (identity := _identity(item)) in seen:
                continue
            seen.add(identity)
            if (option := _option_of(item)) is not None:
                found[option].append(path + name)
            else:
                visit(item, f"{path}{name}/")

    seen = {_identity(file)}
    visit(file, "")
    return found


def _option_of(item: H5Object) -> str | None:
    """Return the option that may name an object, None where it is of no use by itself."""
    kind = kind_of(item)
    if is_movie(item):
        return MOVIE_OPTION
    if kind in RESPONSES or {"rois", "data"} <= set(item) or _is_wide(item):
        return RESPONSES_OPTION
    return BEHAVIOUR_OPTIONS if kind in BEHAVIOUR else None


def _identity(item: H5Object) -> tuple[int, int]:
    """Return what is the same for an object by whatever path, or link of another file, it is found."""
    facts = h5py.h5o.get_info(item.id)
    return facts.fileno, facts.addr


def unused_behaviour(file: H5Object) -> str:
    """Return a clause on series that may be behaviour, for a file of which none was chosen; empty where there are none.

    Series inside the stimulus are what was shown, not what the animal did.
    """
    names = [f"/{name}" for name in candidates(file)[BEHAVIOUR_OPTIONS] if not name.startswith("stimulus")]
    return f"{some(names)} may be behaviour; to use it, name it with {BEHAVIOUR_OPTIONS}" if names else ""


def listed(file: H5Object) -> list[str]:
    """Return possible movies, responses and behaviour, a line each: path, type, shape, rate, option."""
    found = {
        option: [_line(name, file[name], kind_of(file[name])) for name in names]
        for option, names in candidates(file).items()
    }
    lines = []
    for option, offered in found.items():
        lines.append(f"{option}: {'one of' if offered else 'nothing in the file'}")
        lines += [f"  {line}" for line in offered]
    groups = [
        group for name, group in file.get(TABLES, {}).items() if isinstance(group, h5py.Group) and name != INVALID
    ]
    tables = [_table_line(group) for group in groups]
    csv = "a csv file that says what was shown when, where no movie in the file does"
    lines.append(f"--frames-table: {csv}{', or one of' if tables else ''}")
    return [*lines, *(f"  {line}" for line in tables), *lost_links(file)]


def _is_wide(item: H5Object) -> bool:
    """Return whether an object is a plain series of as many columns as behaviour hardly has."""
    data = item.get("data") if kind_of(item) == "TimeSeries" and isinstance(item, h5py.Group) else None
    return isinstance(data, h5py.Dataset) and data.ndim == 2 and data.shape[1] >= FEWEST_NEURONS


def _table_line(group: H5Object) -> str:
    columns = ", ".join(column_names(group))
    return f"{group.name}  {kind_of(group)}, {len(group.get('id', ()))} rows, columns {columns}"


def _line(name: str, item: H5Object, kind: str) -> str:
    data = item.get("data")
    shape = "" if data is None or len(item.get("external_file", ())) else f", shape {tuple(data.shape)}"
    if kind == "Units":
        return f"/{name}  {kind}, {len(item['id'])} units"
    try:
        count = len(item["timestamps"]) if "timestamps" in item else 2  # at a constant rate, two samples are enough
        rate = f", {usual_rate(times_of(item, count)):.4g} Hz"
    except (ReverieError, TypeError):
        rate = ", no times of its own"
    when = ", a template: --frames-table says when it was shown" if f"/{name}".startswith(TEMPLATES) else ""
    return f"/{name}  {kind}{shape}{rate}{when}"
