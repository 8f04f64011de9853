import pandas as pd

from reverie.studies.experiment_page import Beside, Plate, Section, write_experiment_page
from reverie.studies.plates import COLUMN_WIDTH, column_figure, draw_groups, save_plate


def plate(folder, name="scores"):
    data = pd.DataFrame({"condition": ["a", "a", "b"], "animal": ["x", "y", "x"], "r": [0.1, 0.3, 0.52345]})
    summary = pd.DataFrame({"condition": ["a", "b"], "mean": [0.2, 0.5], "low": [0.1, 0.4], "high": [0.3, 0.6]})
    figure, (axes,) = column_figure()
    draw_groups(axes, data, summary, "r", ["a", "b"])
    axes.set_ylabel("correlation r")
    return Plate(name, "What was found <here>", save_plate(folder / name, figure), data)


def section(folder, name="one"):
    return Section(
        name, f"Experiment {name}", "Why?", ["It is so.", "Mostly."], [plate(folder)], [Beside("r", "1", "2")]
    )


def test_figures_are_one_column_wide_and_the_same_every_time(tmp_path):
    first, again = plate(tmp_path / "a"), plate(tmp_path / "b")
    assert first.svg == again.svg
    assert (tmp_path / "a/scores.pdf").read_bytes() == (tmp_path / "b/scores.pdf").read_bytes()
    assert f'width="{72 * COLUMN_WIDTH:.6f}pt"' in first.svg.decode()
    assert "correlation r" in first.svg.decode()


def test_the_page_holds_everything_and_escapes_what_it_is_told(tmp_path):
    write_experiment_page(tmp_path / "page.html", "All", ["Simulated."], [section(tmp_path)], {"seed": 3})
    page = (tmp_path / "page.html").read_text()
    assert "data:image/svg+xml;base64," in page
    assert "What was found &lt;here&gt;" in page
    assert "0.523" in page
    assert 'href="scores.csv"' in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_index_lists_experiments_and_says_what_was_not_done(tmp_path):
    sections = [section(tmp_path, name) for name in ("one", "two")]
    write_experiment_page(tmp_path / "index.html", "All", [], sections, {}, {"Third": "No truth."})
    page = (tmp_path / "index.html").read_text()
    assert '<a href="#two">Experiment two</a>' in page
    assert "<strong>Third</strong>: No truth." in page
