import pandas as pd
import pytest

from reverie.studies.figures import COLUMN_WIDTH, column_figure, draw_groups
from reverie.studies.page import save_findings, write_study_page
from reverie.studies.study import Findings, PaperComparison, Picture, Study


def section(folder, name="one"):
    data = pd.DataFrame({"condition": ["a", "a", "b"], "animal": ["x", "y", "x"], "r": [0.1, 0.3, 0.52345]})
    summary = pd.DataFrame({"condition": ["a", "b"], "mean": [0.2, 0.5], "low": [0.1, 0.4], "high": [0.3, 0.6]})
    figure, (axes,) = column_figure()
    draw_groups(axes, data, summary, "r", ["a", "b"])
    axes.set_ylabel("correlation r")
    picture = Picture("scores", "What was found <here>", figure, data)
    more = folder / name / "more.html"
    findings = Findings(["It is so.", "Mostly."], [picture], [PaperComparison("r", "1", "2")], {"All of it": more})
    return save_findings(folder / name, Study(name, f"Study {name}", "Why?", lambda setup: findings), findings)


def test_figures_are_one_column_wide_and_the_same_every_time(tmp_path):
    first, again = section(tmp_path / "a"), section(tmp_path / "b")
    assert first.svgs == again.svgs
    assert (tmp_path / "a/one/scores.pdf").read_bytes() == (tmp_path / "b/one/scores.pdf").read_bytes()
    svg = (tmp_path / "a/one/scores.svg").read_text()
    assert f'width="{72 * COLUMN_WIDTH:.6f}pt"' in svg
    assert "correlation r" in svg


def test_the_page_holds_everything_and_escapes_what_it_is_told(tmp_path):
    one = section(tmp_path)
    write_study_page(one.folder / "index.html", "All", ["Simulated."], [one], {"seed": 3})
    page = (one.folder / "index.html").read_text()
    assert "data:image/svg+xml;base64," in page
    assert "What was found &lt;here&gt;" in page
    assert "0.523" in page
    assert 'href="scores.csv"' in page
    assert 'href="more.html"' in page
    assert "The page of this experiment" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_index_lists_studies_and_says_what_was_not_done(tmp_path):
    sections = [section(tmp_path, name) for name in ("one", "two")]
    write_study_page(tmp_path / "index.html", "All", [], sections, {}, {"Third": "No truth."})
    page = (tmp_path / "index.html").read_text()
    assert '<a href="#two">Study two</a>' in page
    assert "<strong>Third</strong>: No truth." in page


@pytest.mark.parametrize("address", ["two/index.html", "two/scores.csv", "two/more.html"])
def test_the_index_leads_to_files_in_the_folders_of_studies(tmp_path, address):
    write_study_page(tmp_path / "index.html", "All", [], [section(tmp_path, name) for name in ("one", "two")], {})
    assert f'href="{address}"' in (tmp_path / "index.html").read_text()
