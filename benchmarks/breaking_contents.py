"""Ways to break what a file of a known format holds: its arrays, tables, numbers, names and headers."""

import json
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from benchmarks.breaking_bytes import BYTES, Damage, link, litter, make_file, remove, rename


def change_array(array: np.ndarray, dice: random.Random) -> np.ndarray:
    """Return an array of another kind, shape or order, or with values that no instrument gives."""
    floats = array.astype(np.float64) if array.dtype.kind in "fiub" else np.zeros(array.shape)
    return dice.choice(ARRAYS)(array, floats, dice)


def _put(values: np.ndarray, value: float, dice: random.Random) -> np.ndarray:
    if values.size:
        flat = values.reshape(-1)
        flat[dice.randrange(values.size) :: dice.choice((1, 7, values.size))] = value
    return values


Change = Callable[[np.ndarray, np.ndarray, random.Random], np.ndarray]

ARRAYS: Final[tuple[Change, ...]] = (
    lambda a, f, d: a.astype(object),
    lambda a, f, d: f.astype(d.choice((np.float16, np.float64, np.int8, np.uint8, np.int64, bool, np.longdouble))),
    lambda a, f, d: f.astype(d.choice((">f4", ">i2", "<u2", "<M8[s]"))),
    lambda a, f, d: f + 1j,
    lambda a, f, d: f.astype(str),
    lambda a, f, d: np.full(a.shape, d.choice(("", "fast", "nan", "Mäus"))),
    lambda a, f, d: np.zeros(a.shape, dtype=[("x", "f4"), ("y", "i4")]),
    lambda a, f, d: np.asfortranarray(a),
    lambda a, f, d: a.T,
    lambda a, f, d: a[None],
    lambda a, f, d: a[..., None],
    lambda a, f, d: np.asarray(a).reshape(-1),
    lambda a, f, d: a.reshape(-1)[:1].reshape(()) if a.size else a,
    lambda a, f, d: a[:0],
    lambda a, f, d: a[..., :0] if a.ndim else a,
    lambda a, f, d: a[..., :1] if a.ndim else a,
    lambda a, f, d: a[:-1] if a.ndim else a,
    lambda a, f, d: a[..., :-3] if a.ndim else a,
    lambda a, f, d: np.concatenate([a, a[..., -1:]], -1) if a.ndim else a,
    lambda a, f, d: np.concatenate([a, a[:1]]) if a.ndim else a,
    lambda a, f, d: a[::-1] if a.ndim else a,
    lambda a, f, d: a[..., ::-1] if a.ndim else a,
    lambda a, f, d: _put(f, np.nan, d),
    lambda a, f, d: _put(f, d.choice((np.inf, -np.inf)), d),
    lambda a, f, d: _put(f, d.choice((1e38, -1e38, 1e300, -1e300, 3e9)), d),
    lambda a, f, d: f * np.nan,
    lambda a, f, d: f * 0 + d.choice((0.0, 1.0, 127.5, -5.0, 1e6)),
    lambda a, f, d: f * d.choice((1e-30, 1e-9, 1e-3, 1e3, 1e9, 1e30, -1.0)),
    lambda a, f, d: f + d.choice((0.5, 1.0, -1.0, 1e6)),
)


def break_npy(path: Path, dice: random.Random) -> None:
    """Write another array over one."""
    np.save(path, change_array(np.load(path), dice), allow_pickle=True)


def break_npy_header(path: Path, dice: random.Random) -> None:
    """Let the header claim another array than follows."""
    array = np.load(path)
    shape = dice.choice(((10**12,), (2**62, 4), (-1, 4), (3.5,), (10**9, 10**9), array.shape * 40, "x"))
    kind = dice.choice((array.dtype.str, "|O", "<f4", "<q99", "|V0", "|S0", "os.system"))
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + array.tobytes())


def break_npz(path: Path, dice: random.Random) -> None:
    """Change, drop or add arrays of an archive."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = dice.choice(sorted(arrays) or ["x"])
    how = dice.choice(("change", "change", "drop", "add", "all", "path"))
    if how == "change" and name in arrays:
        arrays[name] = change_array(arrays[name], dice)
    elif how == "drop":
        arrays.pop(name, None)
    elif how == "add":
        arrays[dice.choice(("x", "x.y", "file", "self", "Mäus"))] = np.zeros(3)
    elif how == "all":
        arrays = {each: change_array(array, dice) for each, array in arrays.items()}
    np.savez(path, **arrays)
    if how == "path":
        with zipfile.ZipFile(path, "a") as archive_file:
            archive_file.writestr(dice.choice(("../../climbed.npy", "/tmp/climbed.npy", "note.txt")), b"x")


def break_json(path: Path, dice: random.Random) -> None:
    """Change what one place of a JSON file holds."""
    content = json.loads(path.read_text(encoding="utf-8"))
    places = list(_places(content))
    if places:
        holder, key = dice.choice(places)
        if isinstance(holder, dict) and dice.random() < 0.3:
            del holder[key]
        else:
            holder[key] = dice.choice(ODD_VALUES)
    else:
        content = dice.choice(ODD_VALUES)
    path.write_text(json.dumps(content), encoding="utf-8")


ODD_VALUES: Final[tuple[Any, ...]] = (
    None, "", "x", "<script>", "../../..", 0, -1, 1e308, 10**40, float("nan"), float("inf"), True, [], {}, [[]], [None],
    ["x"], {"x": {"x": {}}}, [1, 2, 3], "9" * 10_000, "\x00", "\ud800", 0.5, [1e9, -1],
)  # fmt: skip


def _places(content: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Yield every (holder, key) of a nested value."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in list(items):
        yield content, key
        yield from _places(value)


def break_table(path: Path, dice: random.Random) -> None:
    """Spoil a table: its header, a row, a column, a cell, its order, its unit, its encoding."""
    lines = path.read_text(encoding="utf-8").splitlines() or [""]
    how, row = dice.randrange(12), dice.randrange(len(lines))
    cells = lines[row].split(",")
    if how == 0:
        lines = lines[:1]
    elif how == 1:
        lines = lines[1:]
    elif how == 2:
        column = dice.randrange(len(cells))
        lines = [",".join(line.split(",")[:column] + line.split(",")[column + 1 :]) for line in lines]
    elif how in (3, 4):
        cells[dice.randrange(len(cells))] = dice.choice(("", "nan", "inf", "-1", "1e400", "x", '"', "<b>", "1;2", "é"))
        lines[row] = ",".join(cells)
    elif how == 5:
        lines[row] += ",1,2,3"
    elif how == 6:
        lines = [line.replace(",", dice.choice((";", "\t", " "))) for line in lines]
    elif how == 7:
        lines = lines + lines[1:]
    elif how in (9, 10):
        firsts = [line.partition(",")[0] for line in lines[1:]]
        firsts = firsts[::-1] if how == 9 else [f"{first}000" for first in firsts]
        lines[1:] = [",".join((first, line.partition(",")[2])) for first, line in zip(firsts, lines[1:], strict=True)]
    elif how == 11:
        lines[0] = ",".join(dice.sample(lines[0].split(","), lines[0].count(",") + 1))
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-16" if how == 8 else "utf-8"))


def break_text(path: Path, dice: random.Random) -> None:
    """Change a line of a settings file, or put something in that a careless reader would obey."""
    lines = path.read_text(encoding="utf-8").splitlines() or [""]
    row = dice.randrange(len(lines))
    key = lines[row].partition(":")[0]
    lines[row] = dice.choice(
        ("", key, f"{key}: ", f"{key}: [", f"{key}: -1", f"{key}: .nan", f"{key}: 1e400", f"{key}: x", f"{key}: {{}}",
         "\t", "a: &a [*a]", "x: !!python/object/apply:os.system ['touch climbed']", "9" * 5000, "é",
         "l0: &l0 [x,x,x,x,x,x,x,x,x]\n" + "\n".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]"
                                                    for n in range(1, 12)))
    )  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def break_hdf5(path: Path, dice: random.Random) -> None:
    """Drop, change or redirect something inside an HDF5 file."""
    with h5py.File(path, "a") as file:
        names: list[str] = []
        file.visit(names.append)
        name = dice.choice(names)
        how = dice.choice(("drop", "change", "change", "change", "link", "attributes"))
        if how == "drop":
            del file[name]
        elif how == "attributes":
            for key in list(file[name].attrs):
                if dice.random() < 0.5:
                    del file[name].attrs[key]
        elif how == "link":
            del file[name]
            target = dice.choice((h5py.SoftLink("/nowhere"), h5py.SoftLink(f"/{name}"), h5py.ExternalLink("x.h5", "/")))
            file[name] = target
        elif isinstance(file[name], h5py.Dataset):
            _change_dataset(file, name, dice)


def _change_dataset(file: h5py.File, name: str, dice: random.Random) -> None:
    attributes = dict(file[name].attrs)
    values = np.asarray(file[name][()])
    changed = change_array(values, dice) if values.dtype.kind in "fiub" else np.zeros(3)
    if changed.dtype.kind in "OUMV":
        changed = np.array([b"words"] * 3)
    del file[name]
    file[name] = changed
    for key, value in attributes.items():
        file[name].attrs[key] = value


def break_tensors(path: Path, dice: random.Random) -> None:
    """Let the header of a safetensors file claim something else."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    how = dice.randrange(3)
    if how == 0:
        path.write_bytes(dice.choice((0, 2**63 - 1, 2**64 - 1, size + 1)).to_bytes(8, "little") + content[8:])
        return
    header = json.loads(content[8 : 8 + size])
    holder, key = dice.choice(list(_places(header)))
    holder[key] = dice.choice(("F64", "I8", [0, 1], [10**15], {}, "x", -1))
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


def break_value(path: Path, dice: random.Random) -> None:
    """Change the weights themselves: NaN, infinity, or one of them by a little."""
    content = bytearray(path.read_bytes())
    first = 8 + int.from_bytes(content[:8], "little")
    place = first + 4 * dice.randrange((len(content) - first) // 4)
    value = dice.choice((np.nan, np.inf, 1e30, 0.01))
    content[place : place + 4] = np.float32(value).tobytes()
    path.write_bytes(content)


BY_KIND: Final[Mapping[str, tuple[Damage, ...]]] = {
    ".npy": (Damage("array", break_npy, unseen=True), Damage("header", break_npy_header)),
    ".npz": (Damage("archive", break_npz, unseen=True),),
    ".json": (Damage("json", break_json, unseen=True),),
    ".csv": (Damage("table", break_table, unseen=True),),
    ".tsv": (Damage("table", break_table, unseen=True),),
    ".yml": (Damage("text", break_text, unseen=True),),
    ".py": (Damage("text", break_text, unseen=True),),
    ".nwb": (Damage("hdf5", break_hdf5, unseen=True),),
    ".hdf5": (Damage("hdf5", break_hdf5, unseen=True),),
    ".safetensors": (Damage("tensors", break_tensors), Damage("value", break_value)),
}
"""What files of a format may suffer besides."""


def damages_of(path: Path) -> list[Damage]:
    """Return what may happen to a file or folder; what belongs to its format counts as often as all the rest."""
    if path.is_dir():
        return [Damage(each.__name__, each) for each in (remove, make_file, link, litter, rename)]
    own = list(BY_KIND.get(path.suffix, ()))
    return [*BYTES, *(own * (len(BYTES) // max(1, len(own))))]
