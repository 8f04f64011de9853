"""The verb that shows pictures while responses come in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tyro.conf import OmitArgPrefixes, Positional

from reverie.recordings.reading import Reading


@dataclass(frozen=True)
class Live:
    """Show the movie in a page of this machine's browser while responses come in, from a rig or a recorded trial.

    Fits a linear decoder once for each animal and lag, kept beside the encoder.
    """

    computes: ClassVar[bool] = True

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of an encoder of the animal, which keeps what is fitted."""
    trial: str | None = None
    """A recorded trial to play as if it came in now."""
    source: str | None = None
    """Where responses come from otherwise: - for lines of JSON on standard input, tcp://HOST:PORT for lines of JSON,
    zmq://HOST:PORT for ZeroMQ messages."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    lag: float = 0.25
    """Seconds the picture may be behind, 0 to 0.5; the longer, the better it is known."""
    port: int = 8765
    """Where the page is, on this machine alone."""
    stay: bool = True
    """Go on showing the last picture after the responses have ended, until interrupted."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def run(self) -> None:
        """Show the page."""
        from reverie.live.running import show_live

        show_live(
            self.data,
            self.encoder,
            animal=self.animal,
            trial=self.trial,
            source=self.source,
            lag=self.lag,
            port=self.port,
            stay=self.stay,
            reading=self.reading,
        )
