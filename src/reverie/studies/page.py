"""The page of a study, and the page that puts several together as a results section."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reverie.foundation.files import write_text
from reverie.reporting.page import fill_page, settings_groups
from reverie.studies.figures import save_vectors
from reverie.studies.study import Findings, Picture, Question

MOST_ROWS = 60
"""Rows of a figure's data that the page shows; the csv holds all."""


@dataclass(frozen=True)
class Section:
    """A study and its findings."""

    study: Question
    findings: Findings
    folder: Path
    """Folder of its page and files."""
    svgs: Mapping[str, bytes]
    """Its figures, by name."""

    def source(self, picture: Picture) -> str:
        """Return a picture as a data URL, so that the page needs no other file."""
        return f"data:image/svg+xml;base64,{b64encode(self.svgs[picture.name]).decode()}"


def save_findings(folder: Path, study: Question, findings: Findings) -> Section:
    """Write each figure as svg and pdf and its data as csv, and return the study's section for a page."""
    svgs = {}
    for picture in findings.pictures:
        svgs[picture.name] = save_vectors(folder / picture.name, picture.figure)
        write_text(folder / f"{picture.name}.csv", picture.data.to_csv(index=False, lineterminator="\n"))
    return Section(study, findings, folder, svgs)


def write_study(
    folder: Path, study: Question, findings: Findings, leads: Sequence[str], settings: Mapping[str, object]
) -> Section:
    """Write figures, data and the page of one study into a folder, and return the study's section for other pages."""
    section = save_findings(folder, study, findings)
    write_study_page(folder / "index.html", study.title, leads, [section], settings)
    return section


def write_study_page(
    path: Path,
    title: str,
    leads: Sequence[str],
    sections: Sequence[Section],
    settings: Mapping[str, object],
    missing: Mapping[str, str] | None = None,
) -> None:
    """Write one self-contained page, whole or not at all: the sections in order, then how the results were made.

    Parameters
    ----------
    leads
        Sentences on the data, at the top.
    missing
        Why a study is left out, by its title.
    """
    page = fill_page(
        "experiment.html",
        ["report.css", "experiment.css"],
        ["page.js"],
        title=title,
        leads=leads,
        sections=sections,
        here=path.parent,
        missing=missing or {},
        groups=settings_groups(settings),
        as_text=as_text,
        most_rows=MOST_ROWS,
    )
    write_text(path, page)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a page shows it: three decimals, whole numbers for large ones, a dash for what is undefined."""

    def text(value: object) -> str:
        if not isinstance(value, float):
            return str(value)
        if math.isnan(value):
            return "–"
        return f"{value:.0f}" if abs(value) >= 100 or value.is_integer() else f"{value:.3f}"

    return table.map(text).rename(columns=lambda name: str(name).replace("_", " "))
