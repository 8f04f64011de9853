"""Tables saved by any spreadsheet, with numbers in any language's format, with a time and a value per row."""

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.placeholders import read_start
from reverie.foundation.progress import say

SEPARATORS = ",;\t|"
"""Separators of the cells of a row, the most common first."""

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of spreadsheet files, new (archives) and old."""

DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+([eE][-+]?\d+)?\s*")

SECONDS = re.compile(r"[ _]*[(\[](s|sec|seconds)[)\]]$")
"""Seconds as a unit at the end of a column's name."""

LARGEST_STEP_BACK = 1.0
"""Seconds by which the time of a row may be before that of the row above it within one part of a table."""

SHORTEST_PART = 20
"""Rows of a part of a table, on average, from which on it has parts; with fewer, its rows are in no order."""

INTERLEAVED = 0.25
"""Share of rows that come from another part than the row before, in order of time, from which on parts are at the same
times."""

UNNAMED = "unnamed:"
"""Prefix of pandas' names of columns without a name, such as the row numbers that pandas and R write."""


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table with all cells as text and column names in lower case; raises ReverieError when it is not a table.

    Cells are separated by commas, semicolons, tabs or bars, whichever is most frequent in the first line; unless it is
    the comma, numbers may have decimal commas. The encoding is UTF-8, UTF-16 or that of old Windows.
    """
    if read_start(path).startswith(WORKBOOKS):
        raise ReverieError(f"{path} is a file of a spreadsheet program; save the table as csv there, and give that.")
    text = _decoded(path.read_bytes())
    if "\0" in text:
        raise ReverieError(f"{path} is not text; write the table as csv.")
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        # Text, since clips may have names such as 001.
        table = pd.read_csv(io.StringIO(text), skipinitialspace=True, dtype=str, sep=separator)
    except ValueError as error:
        raise ReverieError(f"{path} could not be read as a table ({str(error).strip()}); write it as csv.") from error
    if separator != ",":
        table = table.map(lambda cell: cell.replace(",", ".") if _has_comma(cell) else cell)
    table = table.rename(columns=lambda name: SECONDS.sub("", str(name).strip().casefold()))
    return table[[name for name in table if not (str(name).startswith(UNNAMED) and _is_uninformative(table[name]))]]


def order_by_time(
    times: Float[np.ndarray, " row"], rows: Int[np.ndarray, " row"], place: str
) -> Int[np.ndarray, " row"]:
    """Return the order of a table's rows in time; it may list movie after movie, block after block, or be in no order.

    Raises ReverieError where its parts are at the same times, as where the clock of each begins at 0.

    Parameters
    ----------
    times, rows
        The time of each row, in seconds, and its number, for the message.
    place
        Where the table lies, for the message.
    """
    part = np.concatenate([[0], np.cumsum(np.diff(times) < -LARGEST_STEP_BACK)])
    order = np.argsort(times, kind="stable")
    has_parts = len(times) >= SHORTEST_PART * (part[-1] + 1)
    if has_parts and np.count_nonzero(np.diff(part[order])) > INTERLEAVED * len(times):
        row = rows[np.flatnonzero(np.diff(part))[0] + 1]
        raise ReverieError(
            f"{place} has times that begin again in row {row}, and rows of both parts at the same times; give all one "
            "clock."
        )
    return order


def numbers(table: pd.DataFrame, columns: tuple[str, ...], place: str) -> pd.DataFrame:
    """Return a table with some columns as numbers; raises ReverieError when a cell is none, or without rows."""
    if table.empty:
        raise ReverieError(f"{place} holds no rows; it should say what was shown when.")
    for column in columns:
        values = pd.to_numeric(table[column], errors="coerce")
        if not np.isfinite(values).all():
            row = table.index[~np.isfinite(values)][0]
            raise ReverieError(f"{place} has no number for {column!r} in row {int(row) + 2}.")
        table = table.assign(**{column: values})
    return table


def timed_rows(table: pd.DataFrame, column: str, place: str) -> pd.DataFrame:
    """Return the rows that have a time; those of trials that never began have none, and are left out with a message."""
    never = table[column].isna()
    if not never.any() or never.all():
        return table
    say(f"{place}: {counted(int(never.sum()), 'row')} without {column!r} left out.")
    return table[~never]


def words(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of text without surrounding spaces; empty where there is no such column."""
    if column not in table:
        return np.full(len(table), "", dtype=object)
    return np.array(table[column].astype("string").fillna("").str.strip(), dtype=object)


def _is_uninformative(column: pd.Series) -> bool:
    """Return whether a column is empty, or numbers the rows; one without a name may also hold times."""
    numbers = pd.to_numeric(column, errors="coerce")
    return bool(column.isna().all() or any((numbers == np.arange(len(column)) + first).all() for first in (0, 1)))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _has_comma(cell: object) -> bool:
    return isinstance(cell, str) and DECIMAL_COMMA.fullmatch(cell) is not None
