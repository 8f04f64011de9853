"""Damage and oddities of recordings as laboratories have them, and what is expected of each."""

import shutil
from pathlib import Path

import numpy as np

KINDS = ("videos", "responses", "behavior", "pupil_center")


FRAMES = 40

TIERS = ["train"] * 6 + ["oracle", "oracle", "live_test_main", "live_test_main"]


def edit(kind, change, which=tuple(range(10))):
    """Return a change of one kind of array in some trials."""

    def apply(mouse: Path) -> None:
        for number in which:
            path = mouse / "data" / kind / f"{number}.npy"
            np.save(path, change(np.load(path)))

    return apply


def at(where, value):
    def change(values):
        values[where] = value
        return values

    return change


def cut(frames, which):
    def apply(mouse: Path) -> None:
        for kind in KINDS:
            edit(kind, lambda values: values[..., :frames], which)(mouse)

    return apply


def everything(change):
    def apply(mouse: Path) -> None:
        for kind in KINDS:
            edit(kind, change)(mouse)

    return apply


def without(*parts):
    return lambda mouse: [shutil.rmtree(mouse / part) for part in parts]


def edit_tiers(mouse: Path, change) -> None:
    path = mouse / "meta/trials/tiers.npy"
    np.save(path, change(np.load(path)))


def tiers(change):
    return lambda mouse: edit_tiers(mouse, lambda words: np.array([change(word) for word in words]))


def litter(mouse: Path) -> None:
    (mouse.parent / ".DS_Store").write_bytes(b"x")
    for kind in KINDS:
        for name in (".DS_Store", "._0.npy", "Thumbs.db", "0 (1).npy"):
            (mouse / "data" / kind / name).write_bytes(b"x")


def one_deeper(mouse: Path) -> None:
    shutil.move(mouse, mouse.parent / "t")
    mouse.mkdir()
    shutil.move(mouse.parent / "t", mouse / "mouse1")


def holes(mouse: Path) -> None:
    for kind in KINDS:
        for number in (0, 3):
            (mouse / "data" / kind / f"{number}.npy").unlink()


def pad_each_otherwise(mouse: Path) -> None:
    for padding, kind in enumerate(KINDS):
        edit(kind, lambda a, p=padding: np.concatenate([a, np.full((*a.shape[:-1], 5 * p), np.nan)], axis=-1))(mouse)


def as_bytes(first):
    """Return a change to whole numbers with one frame more, at the start or at the end."""

    def change(values):
        grey = values.round().astype(np.uint8)
        return np.concatenate([grey[..., :1], grey] if first else [grey, grey[..., -1:]], axis=-1)

    return change


def rgba(values):
    """Colours with an opaque fourth channel."""
    opaque = np.full_like(values[:, :, None], 255)
    return np.concatenate([np.repeat(values[:, :, None], 3, axis=2), opaque], axis=2)


def two_more(values):
    return np.concatenate([values, values[..., -2:]], axis=-1)


def twice(mouse: Path) -> None:
    for kind in KINDS:
        shutil.copy(mouse / "data" / kind / "2.npy", mouse / "data" / kind / "02.npy")


def renamed(template):
    """Number the files of all arrays in another way."""
    return lambda mouse: [
        path.rename(path.with_name(template.format(int(path.stem)))) for path in mouse.glob("data/*/*")
    ]


def of_macos(mouse: Path) -> None:
    """Leave what unpacking an archive made on macOS leaves elsewhere: a shadow of every file."""
    for path in list(mouse.glob("data/*/*")):
        shadow = mouse.parent / "__MACOSX" / path.relative_to(mouse.parent).with_name(f"._{path.name}")
        shadow.parent.mkdir(parents=True, exist_ok=True)
        shadow.write_bytes(b"x")


def zeros_behind(mouse: Path) -> None:
    """Pad movies with zeros to the length to which NaN pads the other arrays."""
    for kind in KINDS:
        value = 0.0 if kind == "videos" else np.nan
        edit(kind, lambda a, v=value: np.concatenate([a, np.full((*a.shape[:-1], 24), v, a.dtype)], axis=-1))(mouse)


def broken_off(kind):
    """Cut every file of one kind of array short."""

    def apply(mouse: Path) -> None:
        for path in (mouse / "data" / kind).iterdir():
            path.write_bytes(path.read_bytes()[:140])

    return apply


def lost(kind, first):
    """Take away the arrays of one kind from some trial on."""
    return lambda mouse: [(mouse / "data" / kind / f"{number}.npy").unlink() for number in range(first, 10)]


def holding(content):
    """Put something else in the place of one movie."""
    return lambda mouse: (mouse / "data/videos/2.npy").write_bytes(content)


def compressed(folder):
    """Leave compressed files in the place of those of a folder."""
    return lambda mouse: [path.rename(f"{path}.gz") for path in (mouse / folder).iterdir()]


CASES = {
    "a gap in one trial": (edit("behavior", at((slice(None), 20), np.nan), [2]), 10, 7, 0, "are bridged"),
    "blinks in every trial": (edit("behavior", at((0, slice(20, 25)), np.nan)), 10, 7, 0, "10 trials"),
    "an infinite speed": (edit("behavior", at((1, 3), np.inf), [4]), 10, 7, 0, "gaps of up to 1 s in running"),
    "a gap too long": (edit("behavior", at((0, slice(3, 38)), np.nan), [2]), 9, 7, 0, "missing for 1.2 s"),
    "a neuron lost": (edit("responses", at(3, np.nan)), 10, 6, 0, "1 of 7 neurons of mouse1 are NaN"),
    "a neuron without end": (edit("responses", at(3, -np.inf)), 10, 6, 0, "1 of 7 neurons of mouse1 are NaN"),
    "no pupil position": (without("data/pupil_center"), 10, 7, 2, "pupil x, pupil y not recorded"),
    "no behaviour at all": (without("data/behavior", "data/pupil_center"), 10, 7, 4, "not recorded"),
    "behaviour of nothing but NaN": (edit("behavior", lambda a: a * np.nan), 10, 7, 2, "not recorded"),
    "constant behaviour": (edit("behavior", np.zeros_like), 10, 7, 2, "constant, which counts as not recorded"),
    "behaviour of one row": (edit("behavior", lambda a: a[0]), 10, 7, 2, "running speed of mouse1 cannot be used: "),
    "pupil position turned": (edit("pupil_center", np.transpose), 10, 7, 2, "pupil y of mouse1 cannot be used"),
    "behaviour at half the rate": (edit("behavior", lambda a: a[:, ::2]), 10, 7, 2, "lasts 20 frames but"),
    "pupil positions cut short": (broken_off("pupil_center"), 10, 7, 2, "is cut short at 140 bytes"),
    "behaviour of most trials lost": (lost("behavior", 4), 10, 7, 2, "running speed not recorded"),
    "no meta": (without("meta"), 10, 7, 0, "names no tiers, so that its trials are divided by movie"),
    "sloppy tiers": (tiers(lambda word: word.capitalize() + " "), 10, 7, 0, None),
    "other tiers": (tiers(lambda word: {"oracle": "Validation"}.get(word, word)), 10, 7, 0, None),
    "unknown tiers": (tiers(lambda word: "block A"), 10, 7, 0, "has tiers of unknown meaning ('block_a')"),
    "time first": (edit("videos", lambda a: a.transpose(2, 0, 1)), 10, 7, 0, "laid out (time, height, width)"),
    "colour": (edit("videos", lambda a: np.repeat(a[:, :, None], 3, axis=2)), 10, 7, 0, "3 colour channels"),
    "colours after time": (edit("videos", lambda a: np.repeat(a[..., None], 3, axis=3)), 10, 7, 0, "3 colour channels"),
    "colours first, then time": (
        edit("videos", lambda a: np.repeat(a.transpose(2, 0, 1)[None], 3, axis=0)),
        10,
        7,
        0,
        "(channel, time, height, width)",
    ),
    "an axis of one after time": (edit("videos", lambda a: a[..., None]), 10, 7, 0, "1 colour channel, made"),
    "shares of white": (edit("videos", lambda a: a / 255), 10, 7, 0, "taken as shares of white"),
    "z-scores": (edit("videos", lambda a: (a - 110) / 60), 10, 7, 0, "are not grey levels, stretched"),
    "float64": (everything(lambda a: a.astype(np.float64)), 10, 7, 0, None),
    "float16": (everything(lambda a: a.astype(np.float16)), 10, 7, 0, None),
    "big-endian": (everything(lambda a: a.astype(">f4")), 10, 7, 0, None),
    "Fortran order": (everything(np.asfortranarray), 10, 7, 0, None),
    "a frame more at the end": (edit("videos", as_bytes(first=False)), 10, 7, 0, "1 more frame than the rest, cut at"),
    "a frame more at the start": (edit("videos", as_bytes(first=True)), 10, 7, 0, "its first comes twice"),
    "dF/F": (edit("responses", lambda a: a / 10 - 0.2), 10, 7, 0, "go below 0, as traces do"),
    "whole numbers": (edit("responses", lambda a: a.round().astype(np.int64)), 10, 7, 0, None),
    "truth values": (edit("responses", lambda a: a > 1), 10, 7, 0, None),
    "huge responses": (edit("responses", lambda a: a * 1e6), 10, 7, 0, None),
    "tests of zeros": (edit("responses", np.zeros_like, [8, 9]), 10, 7, 0, "counts as one without responses"),
    "a training trial of zeros": (edit("responses", np.zeros_like, [2]), 10, 7, 0, "this trial, unlike to most, are 0"),
    "behaviour in other files": (compressed("data/behavior"), 10, 7, 2, "holds no trials but 0.npy.gz, 1.npy.gz"),
    "litter": (litter, 10, 7, 0, None),
    "unpacked too deep": (one_deeper, 10, 7, 0, None),
    "holes in the numbers": (holes, 8, 7, 0, None),
    "padding of several lengths": (pad_each_otherwise, 10, 7, 0, None),
    "a test of one frame": (cut(1, [9]), 9, 7, 0, "lasts 1 frame; a trial needs at least 2"),
    "a short trial": (cut(12, [3]), 10, 7, 0, None),
    "a movie with transparency": (edit("videos", rgba), 10, 7, 0, "4 colour channels, made grey"),
    "grey levels below 0": (edit("videos", lambda a: a - 300), 10, 7, 0, "are not grey levels, stretched"),
    "responses two frames short": (edit("responses", lambda a: a[..., :-2]), 10, 7, 0, "2 more frames than the rest"),
    "responses two frames long": (edit("responses", two_more), 10, 7, 0, "the responses have 2 more frames"),
    "responses of another length": (
        edit("responses", lambda a: a[..., :-10], [3]),
        9,
        7,
        0,
        "must have the same length",
    ),
    "responses turned round in one trial": (
        edit("responses", np.transpose, [3]),
        9,
        7,
        0,
        "as if it were (time, neuron)",
    ),
    "some movies in 0-1": (edit("videos", lambda a: a / 255, [2, 3]), 8, 7, 0, "shares of white, but most"),
    "a constant neuron": (edit("responses", at(3, 1.5)), 10, 7, 0, None),
    "a silent neuron": (edit("responses", at(3, 0.0)), 10, 7, 0, None),
    "a number twice": (twice, 10, 7, 0, None),
    "zeros before the numbers": (renamed("{:05}.npy"), 10, 7, 0, None),
    "shadows of macOS": (of_macos, 10, 7, 0, None),
    "movies padded with zeros": (zeros_behind, 10, 7, 0, "the movie has 24 more frames than the rest, cut at its end"),
    "tiers in a column": (lambda m: edit_tiers(m, lambda words: words[:, None]), 10, 7, 0, None),
    "tiers called sets": (tiers(lambda word: f"{'val' if word == 'oracle' else word}_Set"), 10, 7, 0, None),
    "tiers of nothing": (lambda m: edit_tiers(m, lambda words: words[:0]), 10, 7, 0, "should hold one word per trial"),
    "degrees as a whole number": (
        lambda m: np.save(m / "meta/degrees_per_pixel.npy", np.array([2])),
        10,
        7,
        0,
        None,
    ),
    "an empty file": (holding(b""), 9, 7, 0, "is empty (0 bytes)"),
    "a pointer": (holding(b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n"), 9, 7, 0, "was not fetched"),
    "a web page": (holding(b"<!DOCTYPE html><html>"), 9, 7, 0, "left out 1 trial (2)"),
    "cut short": (lambda m: holding((m / "data/videos/2.npy").read_bytes()[:5000])(m), 9, 7, 0, "is cut short"),
    "stale unit ids": (lambda m: np.save(m / "meta/neurons/unit_ids.npy", np.arange(9)), 10, 7, 0, None),
}
