from dataclasses import replace

import pytest

from reverie.studies.natural import NATURAL
from reverie.studies.running import run_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def section(setup):
    # On fewer clips the controls would agree with the movies too often by chance.
    return run_study(replace(setup, scale=replace(setup.scale, clips=2)), NATURAL)


def test_the_movie_is_found_and_no_control_is(section):
    data = {
        picture.name: picture.data.groupby("condition")["correlation"].mean()
        for picture in section.findings.pictures
        if "correlation" in picture.data
    }
    found = data["scores"]["whole"]
    assert found > 0.3
    assert data["scores"]["dynamic part"] > 0.2
    # Two slow clips of three seconds agree by chance with a standard deviation of more than 0.1.
    for control in ("other movie", "shuffled", "grey"):
        assert abs(data["controls"][control]) < found / 2


def test_every_figure_comes_as_files_with_its_data(section, setup):
    folder = setup.out / "natural"
    for picture in section.findings.pictures:
        assert (folder / f"{picture.name}.svg").read_bytes() == section.svgs[picture.name]
        assert (folder / f"{picture.name}.pdf").read_bytes().startswith(b"%PDF")
        assert (folder / f"{picture.name}.csv").read_text().startswith(",".join(picture.data.columns))
    page = (folder / "index.html").read_text()
    assert "simulated" in page
    assert "0.569 [0.542, 0.596]" in page
    assert (folder / next(iter(section.findings.links.values()))).exists()
