"""The live page in a real Chromium: a recorded trial is played, and every frame's lateness is told."""

import asyncio
import re
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from aiohttp import web
from tests.reporting.browsing import browsing

import reverie as rv
from reverie.fitted.opening import SubjectSources
from reverie.foundation.errors import ReverieError
from reverie.live import server
from reverie.live.server import show_live


@pytest.fixture
def told(monkeypatch):
    """What was said, as it is said."""
    said = []
    for module in ("reverie.live.server", "reverie.live.fitting"):
        monkeypatch.setattr(f"{module}.say", said.append)
    return said


def address_in(said):
    """Wait until the address of the page was said, and return it."""
    for _ in range(3000):
        found = [word for line in said for word in line.split() if word.startswith("http://")]
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError(said)


@pytest.mark.browser
def test_a_trial_plays(session, tmp_path, told):
    recording, encoder = session.recordings["mouse"], next(iter(session.encoders.values()))
    live = rv.Live(rv.Reconstructor(encoder, recording, rv.Ridge()), lag=0.2).fit()
    responses = recording.trial("11").responses
    looking = threading.Event()

    async def frames():
        await asyncio.to_thread(looking.wait, 60)
        for frame in responses.T:
            await asyncio.sleep(0.005)
            yield frame

    async def serve_until(done):
        serving = asyncio.create_task(server.serve(live, frames(), 0, title="mouse trial 11"))
        await asyncio.to_thread(done.wait, 90)
        serving.cancel()

    done = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve_until(done)))
    thread.start()
    try:
        with browsing(tmp_path / "live.html") as page:
            page.driver.get(address_in(told))
            page.wait("return document.readyState === 'complete'")
            looking.set()
            page.wait("return document.querySelector('[data-state]').textContent.includes('ended')")
            number, behind, shape, levels = page.run(
                "const c = document.querySelector('canvas[data-picture]');"
                "return [document.querySelector('[data-number]').textContent,"
                "document.querySelector('[data-behind]').textContent, [c.height, c.width],"
                "[...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)]"
            )
            assert page.complaints() == []
            assert page.violations() == []
            page.resize(390)
            assert page.run("return document.documentElement.scrollWidth") <= 390
            assert page.violations() == []
    finally:
        looking.set()
        done.set()
        thread.join()
    assert int(number) == responses.shape[1] - 1 - live.lag
    assert int(behind) >= 200
    last = live.decoder.ridge.decode(responses)[int(number)]
    np.testing.assert_allclose(np.reshape(levels, shape), np.rint(last), atol=1)


def sources_of(session):
    return SubjectSources(session.sources.data, session.sources.encoders[0])


def test_exactly_one_source_is_required(session):
    for given in ({}, {"trial": "11", "stream": "-"}):
        with pytest.raises(ReverieError, match="Say what is shown live"):
            show_live(sources_of(session), **given)


def test_a_trial_is_shown_from_the_command_line_until_it_ends(session, told):
    show_live(sources_of(session), trial="11", lag=0.2, port=0, stay=False)
    assert re.match(r"The last pictures were \d+\.\d+ s behind \(median\), ", told[-1])


def test_foreign_pages_may_not_look():
    asked = SimpleNamespace(url=SimpleNamespace(host="evil.example"))
    with pytest.raises(web.HTTPForbidden):
        server._require_local(asked)
