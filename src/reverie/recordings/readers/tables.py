"""Tables as people save them: by any spreadsheet, in any language's numbers, with a time and a value a row."""

import io
import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.foundation.placeholders import read_start

SEPARATORS: Final = ",;\t|"
"""What may stand between the cells of a row, the usual one first."""

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What files of spreadsheets begin with: archives, and those of old."""

DECIMAL_COMMA: Final = re.compile(r"\s*[-+]?\d+,\d+([eE][-+]?\d+)?\s*")

SECONDS: Final = re.compile(r"[ _]*[(\[](s|sec|seconds)[)\]]$")
"""The unit that times have here, which names of columns may say."""

UNNAMED: Final = "unnamed:"
"""What pandas calls a column without a name, such as that of the row numbers it writes itself, as R does."""


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table, all cells as text, names of columns in small letters; raises ReverieError when it is none.

    Cells are parted by commas, semicolons, tabs or bars, whichever the first line holds most of; where not by commas,
    numbers may have one. Letters are in UTF-8, in UTF-16 or as on old Windows.
    """
    if read_start(path).startswith(WORKBOOKS):
        raise ReverieError(f"{path} is a file of a spreadsheet program; save the table as csv there, and give that.")
    text = _decoded(path.read_bytes())
    if "\0" in text:
        raise ReverieError(f"{path} is no text; write the table as csv.")
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        # Clips may be called 001.
        table = pd.read_csv(io.StringIO(text), skipinitialspace=True, dtype=str, sep=separator)
    except ValueError as error:
        raise ReverieError(f"{path} could not be read as a table ({str(error).strip()}); write it as csv.") from error
    if separator != ",":
        table = table.map(lambda cell: cell.replace(",", ".") if _has_comma(cell) else cell)
    table = table.rename(columns=lambda name: SECONDS.sub("", str(name).strip().casefold()))
    return table[[name for name in table if not (str(name).startswith(UNNAMED) and _says_nothing(table[name]))]]


def _says_nothing(column: pd.Series) -> bool:
    """Tell whether a column is empty, or numbers the rows; one without a name may also hold times."""
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
