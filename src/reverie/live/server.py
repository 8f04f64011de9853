"""A page in the browser of this machine that shows live pictures as they are decoded, and how late they are."""

import asyncio
import json
from base64 import b64encode
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reverie.fitted.opening import SubjectSources
from reverie.fitted.reconstructor import Reconstructor
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.live.live import Live, LiveFrame
from reverie.live.sources import Frames, replayed, source_at
from reverie.recordings.opening import responses_of
from reverie.recordings.recording import Recording
from reverie.reporting.page import fill_page

if TYPE_CHECKING:
    from aiohttp import web

LAST_PORT = 65535

HOST = "127.0.0.1"
LOCAL = (HOST, "localhost")
"""Host names under which the page may be requested; any other name comes from a foreign page, which is refused."""

QUEUE_LENGTH = 8
"""Frames kept for a slow browser; older ones are dropped."""

LATENCIES_KEPT = 300
"""Number of latest latencies of which the page shows the median and the largest."""


@dataclass
class Broadcast:
    """The browsers that watch, and how late their pictures were."""

    listeners: set[asyncio.Queue[str | None]] = field(default_factory=set)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    ended: bool = False

    def send(self, message: str | None) -> None:
        """Send a message to all browsers; None ends the stream."""
        for queue in self.listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)
        self.ended = message is None


async def serve(live: Live, frames: Frames, port: int, *, title: str, stay: bool = True) -> None:
    """Serve the page at a port, on this machine only, and decode pictures from frames until there are no more.

    Parameters
    ----------
    stay
        Go on serving the page after the last frame, until interrupted.

    Raises
    ------
    ReverieError
        When the server's library is missing or the port is taken.
    """
    library = _aiohttp()
    broadcast = Broadcast()
    application = library.Application()
    page = page_of(live, title)

    async def index(request: "web.Request") -> "web.StreamResponse":
        _require_local(request)
        response: web.StreamResponse = library.Response(text=page, content_type="text/html")
        return response

    async def stream(request: "web.Request") -> "web.StreamResponse":
        _require_local(request)
        return await _stream(request, broadcast)

    application.add_routes([library.get("/", index), library.get("/frames", stream)])
    runner = library.AppRunner(application)
    await runner.setup()
    try:
        await library.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise ReverieError(f"The port {port} is taken ({error.strerror}); choose another with --port.") from error
    try:
        say(f"The page is http://{HOST}:{runner.addresses[0][1]}/ ; press Ctrl-C to end it.")
        await _read(live, frames, broadcast)
        if stay:
            await asyncio.Event().wait()
    finally:
        broadcast.send(None)
        await runner.cleanup()


def page_of(live: Live, title: str) -> str:
    """Return the page as HTML."""
    height, width = live.decoder.std.shape
    return fill_page(
        "live.html",
        ["report.css"],
        ["live.js"],
        title=title,
        height=height,
        width=width,
        lag=f"{live.lag / live.frame_rate:.2f}",
        brightest=float(live.decoder.std.max()),
    )


def message_of(frame: LiveFrame, latencies: deque[float]) -> str:
    """Return the message to the page for a frame, as JSON."""
    picture, std = (b64encode(np.rint(each).astype(np.uint8).tobytes()).decode() for each in (frame.picture, frame.std))
    message: dict[str, Any] = {"number": frame.number, "picture": picture, "std": std, "behind": round(frame.behind, 4)}
    return json.dumps({**message, "median": round(float(np.median(latencies)), 4), "worst": round(max(latencies), 4)})


async def _read(live: Live, frames: Frames, broadcast: Broadcast) -> None:
    """Decode a picture from each frame of responses, in another thread, and send it to all browsers."""
    async for responses in frames:
        frame = await asyncio.to_thread(live.push, responses)
        if frame is not None:
            broadcast.latencies.append(frame.behind)
            if broadcast.listeners:
                broadcast.send(message_of(frame, broadcast.latencies))
    if broadcast.latencies:
        median, worst = np.median(broadcast.latencies), max(broadcast.latencies)
        say(f"The last pictures were {median:.3f} s behind (median), {worst:.3f} s at most.")
    broadcast.send(None)


async def _stream(request: "web.Request", broadcast: Broadcast) -> "web.StreamResponse":
    """Send pictures as server-sent events until they end or the browser leaves."""
    response: web.StreamResponse = _aiohttp().StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_LENGTH)
    broadcast.listeners.add(queue)
    if broadcast.ended:
        queue.put_nowait(None)
    try:
        while (message := await queue.get()) is not None:
            await response.write(f"data: {message}\n\n".encode())
        await response.write(b"event: end\ndata: {}\n\n")
    except ConnectionError:
        pass
    finally:
        broadcast.listeners.discard(queue)
    return response


def _require_local(request: "web.Request") -> None:
    if request.url.host not in LOCAL:
        raise _aiohttp().HTTPForbidden(text="This page can only be opened on the machine that serves it.")


def _aiohttp() -> Any:  # noqa: ANN401 - an optional module
    try:
        from aiohttp import web
    except ImportError as error:
        raise ReverieError("The live page needs a server library; run `pip install 'reverie[live]'`.") from error
    return web


def show_live(
    sources: SubjectSources,
    *,
    trial: str | None = None,
    stream: str | None = None,
    lag: float = 0.25,
    port: int = 8765,
    stay: bool = True,
) -> None:
    """Fit the live decoder if that was not done yet, and serve the page.

    Parameters
    ----------
    sources
        The recording, and an encoder of its animal.
    trial, stream
        A recorded trial to play, or where responses come from (see ``source_at``); one of the two.
    lag
        Seconds the picture may be behind.
    port
        Port of the page on this machine; 0 for any that is free.
    stay
        Go on serving the page after the last frame.

    Raises
    ------
    ReverieError
        When data and encoder do not belong together, neither or both of trial and stream are given, or the port is
        taken.
    """
    if (trial is None) == (stream is None):
        raise ReverieError(
            "Say what is shown live: a recorded trial (--trial 3), or where responses come from (--source -)."
        )
    if not 0 <= port <= LAST_PORT:
        raise ReverieError(f"There is no port {port}; choose 0 to {LAST_PORT} with --port.")
    opened, recording = sources.open(choose_device("cpu"))
    frames = source_at(stream) if stream is not None else _of_trial(recording, str(trial))
    live = Live(Reconstructor(opened, recording, "ridge", device="cpu"), lag, raw=stream is not None).fit()
    title = f"{recording.name}, live" if trial is None else f"{recording.name} trial {trial}, as if it came in now"
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(live, frames, port, title=title, stay=stay))


def _of_trial(recording: Recording, name: str) -> Frames:
    return replayed(responses_of(recording.name, recording.trial(name)), recording.frame_rate)
