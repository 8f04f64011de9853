"""How the trials of a run are reconstructed."""

from dataclasses import dataclass, field

from reverie.fitted.session import Session
from reverie.inversion.methods.registry import Method
from reverie.jobs.clip import Clip, repeats_of
from reverie.jobs.job import Job, require_joining
from reverie.jobs.shuffling import require_search
from reverie.runs.options import Joining


@dataclass(frozen=True)
class Run:
    """How the trials of a run are reconstructed.

    Raises NotApplicable when the method cannot join trials, or has no shuffle control, as requested.
    """

    method: Method
    joining: Joining = field(default_factory=Joining)
    about: tuple[str, ...] = ()
    """Sentences at the beginning of the run's page."""

    def __post_init__(self) -> None:
        if self.joining.join != "nothing":
            require_joining(self.method)
        if self.joining.shuffle_control:
            require_search(self.method)

    def jobs(self, session: Session, clip: Clip) -> list[Job]:
        """Return the jobs of a clip whose movies are averaged: one per encoder, or one for all that are combined.

        A ridge decoder is one job, since it is fitted to the training trials of the first encoder and uses no encoder.
        """
        encoders = session.sources.encoders
        if self.method.name == "ridge":
            encoders = encoders[:1]
        groups = [tuple(encoders)] if self.joining.combine == "gradients" else [(folder,) for folder in encoders]
        together = repeats_of(session, clip, self.joining.join)
        return [Job(clip, group, self.method, together=together) for group in groups]
