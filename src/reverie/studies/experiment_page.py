"""The page of an experiment, and the page that puts all of them together as a results section."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from reverie.foundation.files import write_text
from reverie.report.page import asset, page_environment
from reverie.report.settings_table import settings_groups

MOST_ROWS = 60
"""Rows of a figure's data that the page shows; the csv holds all."""


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a page shows it: three decimals, whole numbers for large ones, a dash for what is undefined."""

    def text(value: object) -> str:
        if not isinstance(value, float):
            return str(value)
        if math.isnan(value):
            return "–"
        return f"{value:.0f}" if abs(value) >= 100 or value.is_integer() else f"{value:.3f}"

    return table.map(text).rename(columns=lambda name: str(name).replace("_", " "))


@dataclass(frozen=True)
class Plate:
    """A figure on a page. name: of its files (NAME.svg, .pdf, .csv) in ``folder``, relative to the page."""

    name: str
    caption: str
    svg: bytes
    data: pd.DataFrame
    folder: str = ""

    @property
    def source(self) -> str:
        """The picture as an address that needs no file."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg).decode()}"

    @property
    def rows(self) -> pd.DataFrame:
        """The data as text, the first rows of it."""
        return as_text(self.data.head(MOST_ROWS))


@dataclass(frozen=True)
class Beside:
    """One quantity, ours beside the paper's, as text."""

    quantity: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Section:
    """One experiment. page: of its own, relative to the page it stands on. links: further pages, by their words.

    tables: shown in full, by their captions.
    """

    name: str
    title: str
    question: str
    sentences: Sequence[str]
    plates: Sequence[Plate]
    comparison: Sequence[Beside]
    page: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def seen_from_above(self) -> "Section":
        """Return the section for a page one folder up."""
        above = f"{self.name}/"
        return replace(
            self,
            plates=[replace(plate, folder=above) for plate in self.plates],
            page=f"{above}index.html",
            links={words: f"{above}{address}" for words, address in self.links.items()},
        )


def write_experiment_page(
    path: Path,
    title: str,
    leads: Sequence[str],
    sections: Sequence[Section],
    settings: Mapping[str, object],
    missing: Mapping[str, str] | None = None,
) -> None:
    """Write one self-contained page: sections one after the other, then how it was made; whole or not at all.

    leads: what data this is, read first. missing: experiments that could not be done, and why.
    """
    script = '"use strict";\n(() => {\n' + asset("page.js") + "\n})();\n"
    page = (
        page_environment()
        .get_template("experiment.html")
        .render(
            title=title,
            leads=leads,
            sections=sections,
            missing=missing or {},
            groups=settings_groups(settings),
            as_text=as_text,
            style=Markup(asset("report.css") + asset("experiment.css")),
            script=Markup(script),
            script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        )
    )
    write_text(path, page)
