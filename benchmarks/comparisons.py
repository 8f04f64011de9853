"""The published arithmetic beside ours: a pass, a step, a prediction, a training step."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from benchmarks import published_loop
from benchmarks.published_network import PublishedNetwork
from benchmarks.subjects import MOUSE, Subject, make_clip, problem_of, published, stacks_of
from benchmarks.timing import Ratio, Timing, in_turns, ratio
from reverie.inversion.gradients import SMALLEST_NORM, poisson
from reverie.inversion.methods.paper import Paper
from reverie.inversion.windows import cut
from reverie.recordings.trial import Trial
from reverie.training.batches import WindowSampler
from reverie.training.planning import recipe
from reverie.training.step import new_run, poisson_loss, take_step

CLIP = 300
"""Frames of the clip that steps and predictions are reckoned for: 10 seconds, as in the paper."""

MATRIX = 2048
"""Rows and columns of the matrices by whose product the machine's own rate is measured."""


@dataclass(frozen=True)
class Comparison:
    """One line of the table: how many times longer the published arithmetic takes, and the two times behind it.

    counts: what was counted rather than timed. apart: largest difference between what both computed, relative to the
    largest value.
    """

    name: str
    ratio: Ratio
    published: Timing
    ours: Timing
    counts: Mapping[str, float | int] = field(default_factory=dict)
    apart: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Inference:
    """What one run of passes, windows, predictions and matrix products gave."""

    lines: tuple[Comparison, ...]
    matrix_rate: float
    pass_rate: float

    @property
    def share(self) -> float:
        """The share of the machine's own matrix-product rate that our pass reaches."""
        return self.pass_rate / self.matrix_rate


def compare_inference(subject: Subject, rounds: int) -> Inference:
    """Time passes, steps and predictions in turns, together with a matrix product."""
    network = published(subject)
    window = subject.encoder.window
    assert window is not None
    movie, state, responses = make_clip(window, subject.neurons)
    planes = stacks_of(subject, movie, state)[:1]
    observed = responses[None, :, :: subject.encoder.layout.step]
    step_movie, step_state, step_responses = make_clip(window + 8, subject.neurons)
    problem = problem_of(subject, step_state, step_responses)
    solver = Paper(idle_first_step=False)
    begun = solver.begin(problem, step_movie.numpy())
    square = torch.randn(MATRIX, MATRIX)
    few = 4 + published_loop.stacks_of_prediction(window) - 2
    clip = make_clip(window + few, subject.neurons)
    timings = in_turns(
        {
            "published pass": lambda: published_loop.gradient_pass(network, planes, observed),
            "our pass": lambda: our_pass(subject, planes, observed),
            "our step": lambda: solver.step(problem, begun),
            "published stack": lambda: published_loop.predict_stack(network, planes),
            "our prediction": lambda: _predict(subject, clip[0], clip[1]),
            "writing": lambda: published_loop.write_movie(clip[0]),
            "matrix product": lambda: square @ square,
        },
        rounds,
    )
    windows_timed = cut(window + 8, window, solver.stride).count
    stacks_timed = published_loop.stacks_of_prediction(window + few)
    per_window = timings["our step"].times(1 / windows_timed)
    per_stack = timings["our prediction"].times(1 / stacks_timed)
    lines = (
        _pass_line(subject, network, planes, observed, timings),
        _step_line("a step, same windows", timings, per_window, cut(CLIP, window, 8).count),
        _step_line("a step, windows side by side at random offsets", timings, per_window, _mean_windows(window)),
        _prediction_line(subject, network, timings, per_stack),
    )
    matrix_rate = 2 * MATRIX**3 / timings["matrix product"].typical
    return Inference(lines, matrix_rate, products_of_pass(subject) / timings["our pass"].typical)


def our_pass(
    subject: Subject, planes: published_loop.Planes, responses: Float[Tensor, "stack neuron time"]
) -> tuple[published_loop.Planes, Float[Tensor, "stack neuron time"]]:
    """Return what ``published_loop.gradient_pass`` returns, by the fast form."""
    leaf = planes.clone().requires_grad_()
    rates = subject.fast.network(leaf, MOUSE)
    (gradient,) = torch.autograd.grad(poisson(rates, responses).sum(), leaf)
    return gradient / (gradient.norm() + SMALLEST_NORM), rates.detach()


@torch.no_grad()
def _predict(subject: Subject, movie: Tensor, state: Tensor) -> Float[Tensor, "neuron time"]:
    return subject.fast.predict_clip(movie, state, MOUSE)


def _pass_line(
    subject: Subject, network: PublishedNetwork, planes: Tensor, observed: Tensor, timings: dict[str, Timing]
) -> Comparison:
    theirs = published_loop.gradient_pass(network, planes, observed)
    mine = our_pass(subject, planes, observed)
    apart = {"rates": apart_by(mine[1], theirs[1]), "gradient": float((mine[0] - theirs[0]).norm() / theirs[0].norm())}
    slow, fast = timings["published pass"], timings["our pass"]
    return Comparison("a pass, forward and back", ratio(slow, fast), slow, fast, {"stacks": 1}, apart)


def _step_line(name: str, timings: dict[str, Timing], per_window: Timing, windows: float | int) -> Comparison:
    stacks = published_loop.stacks_of_step(CLIP)
    # The released loop predicts one stack more than a clip holds.
    predicted = published_loop.stacks_of_prediction(CLIP) + 1
    bookkeeping = timings["published stack"].times(predicted).plus(timings["writing"])
    slow = timings["published pass"].times(stacks).plus(bookkeeping.times(1 / published_loop.BOOKKEEPING_EVERY))
    fast = per_window.times(windows)
    return Comparison(name, ratio(slow, fast), slow, fast, {"published stacks": stacks, "our stacks": 2 * windows})


def _prediction_line(
    subject: Subject, network: PublishedNetwork, timings: dict[str, Timing], per_stack: Timing
) -> Comparison:
    stacks = published_loop.stacks_of_prediction(CLIP)
    slow, fast = timings["published stack"].times(stacks + 1), per_stack.times(stacks)
    window = subject.encoder.window
    assert window is not None
    movie, state, _ = make_clip(window - 1, subject.neurons)
    planes = subject.encoder.planes(movie[None], state[None])[:, :, ::2]
    theirs = published_loop.predict_stack(network, planes)
    with torch.no_grad():
        mine = subject.fast.predict_stacks(planes, MOUSE)
    counts = {"published stacks": stacks + 1, "our stacks": stacks}
    return Comparison("a sliding prediction", ratio(slow, fast), slow, fast, counts, {"rates": apart_by(mine, theirs)})


def apart_by(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference as part of the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


def _mean_windows(window: int) -> float:
    """Return the mean number of windows of a step with windows side by side, over all offsets."""
    return sum(cut(CLIP, window, window, offset=offset).count for offset in range(window)) / window


def products_of_pass(subject: Subject) -> float:
    """Return the floating-point operations of a pass's matrix products and convolutions as the network has them.

    Forward once and once more for the gradient with respect to the inputs; each multiplication and addition counts.
    """
    config = subject.encoder.config
    height, width = config.canvas
    outputs = (*config.core_features[1:], config.core_features[-1])
    total = 0.0
    pixels = config.stack_frames * height * width
    for inputs, features, stride in zip(config.core_features, outputs, config.spatial_strides, strict=True):
        middle = inputs * config.expansion_ratio
        height, width = -(-height // stride), -(-width // stride)
        fewer = config.stack_frames * height * width
        depthwise = config.spatial_kernel**2 + config.temporal_kernel
        total += middle * (inputs * pixels + (features + depthwise) * fewer)
        pixels = fewer
    return 4.0 * total


def compare_training(subject: Subject, rounds: int, *, batch: int) -> Comparison:
    """Time one update of the weights: the published network and optimiser beside ours, on the same windows."""
    encoder = copy.deepcopy(subject.encoder).train()
    settings = replace(recipe("dwiseneuro", on_gpu=False), batch=batch)
    movie, state, responses = make_clip(CLIP, subject.neurons)
    trial = Trial("0", "train", movie.numpy(), state.numpy(), responses.numpy())
    windows = WindowSampler.of(encoder, {MOUSE: [trial]}, settings)
    network = PublishedNetwork(encoder, MOUSE).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate)
    run = new_run(encoder, settings)

    def published_update() -> None:
        drawn = windows.draw(0)
        stacks = torch.cat([encoder.planes(drawn.movie, drawn.state)[:, :, start::2] for start in (0, 1)])
        observed = torch.cat([drawn.responses[:, :, start::2] for start in (0, 1)])
        loss = poisson_loss(network(stacks), observed, torch.ones(len(stacks), stacks.shape[2]))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    timings = in_turns({"theirs": published_update, "ours": lambda: take_step(run, windows, settings, None)}, rounds)
    slow, fast = timings["theirs"], timings["ours"]
    return Comparison("a training step", ratio(slow, fast), slow, fast, {"windows": batch})
