"""The gain of the state: neutral where nothing is known, bounded, and in the units it was given.

Gain control by the frame's contrast: neutral before it is learned, weaker drives in strong contrast, causal.

The pupil displaces what neurons see: neutral before it is learned, bounded, the right way round, and learned.

A second stage: little at first, only from near by, frame by frame, and what its formula says.
"""

import numpy as np
import torch
from tests.worlds import looking

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.layers import (
    CONTRAST_FRAMES,
    LARGEST_DISPLACEMENT,
    LARGEST_LOG_GAIN,
    NEIGHBOURHOOD,
    FrameGain,
    SecondStage,
    Shifter,
    StateGain,
    displaced,
)


def test_it_is_one_before_it_is_learnt() -> None:
    assert torch.equal(StateGain(3)(torch.randn(2, 4, 5) * 100), torch.ones(2, 3, 5))


def test_it_is_bounded_and_one_at_the_mean() -> None:
    gain = StateGain(2)
    mean = np.array([50, 1, 140, 130], dtype=np.float32)
    gain.standardise(mean, np.array([13, 2, 6, 0], dtype=np.float32))
    with torch.no_grad():
        gain.weight.fill_(100.0)
    at_mean = gain(torch.from_numpy(mean)[None, :, None])
    assert torch.allclose(at_mean, torch.ones(1, 2, 1))
    far = gain(torch.from_numpy(mean)[None, :, None] + 1e6)
    assert torch.allclose(far, torch.full((1, 2, 1), float(np.exp(LARGEST_LOG_GAIN))))


def frames(contrast: float, number: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return contrast * torch.randn(1, number, 8, 10, generator=generator)


def test_it_is_one_before_it_is_learned():
    assert torch.equal(FrameGain(3)(frames(2.0)), torch.ones(1, 3, 12))


def test_contrast_divides_by_each_neurons_power_of_it():
    gain = FrameGain(2)
    with torch.no_grad():
        gain.power.copy_(torch.tensor([[1.0], [2.0]]))
        gain.floor.fill_(-20.0)  # softplus of it is next to 0
    weak, strong = (gain(frames(contrast, 20))[..., CONTRAST_FRAMES:] for contrast in (0.5, 1.0))
    assert torch.allclose(weak / strong, torch.tensor([2.0, 4.0])[None, :, None].expand_as(weak), rtol=1e-2)


def test_brightness_alone_changes_nothing_and_later_frames_do_not_matter():
    gain = FrameGain(1)
    with torch.no_grad():
        gain.power.fill_(1.0)
    pictures = frames(1.0)
    assert torch.allclose(gain(pictures), gain(pictures + 0.7), atol=1e-4)
    later = pictures.clone()
    later[:, 8:] *= 3
    assert torch.equal(gain(pictures)[..., :8], gain(later)[..., :8])


def test_a_window_with_its_history_has_the_rates_of_the_whole_clip():
    torch.manual_seed(0)
    config = CompactConfig(filters=16, features=6, filter_size=5, taps=3, smoothing=2, frame_gain=True)
    encoder = Compact(config, {"a": 4}, (12, 16))
    with torch.no_grad():
        encoder.frame_gains[0].power.uniform_(0.5, 1.5)
        encoder.readouts[0].weights.normal_()
    movie, state = 255 * torch.rand(1, 40, 12, 16), torch.zeros(1, 4, 40)
    start = 20 - encoder.history
    whole, window = encoder(movie, state, "a")[..., 20:], encoder(movie[:, start:], state[..., start:], "a")
    assert torch.allclose(whole, window[..., encoder.history :], rtol=1e-4)


SIZE = (12, 16)


def test_nothing_moves_before_it_is_learned():
    pictures = torch.randn(2, 5, *SIZE)
    assert torch.allclose(Shifter()(pictures, 100 * torch.randn(2, 4, 5)), pictures, atol=1e-6)


def test_fields_are_displaced_as_far_as_the_pupil_says_and_no_farther():
    shifter = Shifter()
    shifter.standardise(np.array([140.0, 130.0]), np.array([6.0, 0.0]))
    with torch.no_grad():
        shifter.weight.copy_(torch.tensor([[0.0, 0.0], [0.5, 0.0]]))
    assert torch.allclose(shifter.displacement(looking(3, 140.0, 130.0)), torch.zeros(1, 2, 3), atol=1e-6)
    moved = shifter.displacement(looking(3, 146.0, 130.0))[0, :, 0]
    assert torch.allclose(
        moved, torch.tensor([0.0, LARGEST_DISPLACEMENT * float(np.tanh(0.5 / LARGEST_DISPLACEMENT))]), atol=1e-5
    )
    assert shifter.displacement(looking(3, 1e6, -1e6)).abs().max() <= LARGEST_DISPLACEMENT


def test_a_step_to_the_right_shows_what_lies_there_and_grey_beyond_the_edge():
    pictures = torch.randn(1, 3, *SIZE)
    seen = displaced(pictures, torch.tensor([1.0, 2.0])[None, :, None].expand(1, 2, 3))
    assert torch.allclose(seen[..., :-1, :-2], pictures[..., 1:, 2:], atol=1e-5)
    assert torch.allclose(seen[..., -1, :], torch.zeros(1, 3, 16), atol=1e-5)


def test_an_encoder_learns_where_its_animal_looks():
    torch.manual_seed(0)
    settings = CompactConfig(filters=8, features=6, filter_size=5, taps=4, smoothing=3, shifter=True)
    true, learning = (Compact(settings, {"a": 12}, SIZE) for _ in range(2))
    with torch.no_grad():
        true.readouts[0].weights.normal_(0.0, 0.5)
        true.readouts[0].shift.uniform_(-2.0, 2.0)
    learning.load_state_dict(true.state_dict())
    with torch.no_grad():
        true.shifters[0].weight.copy_(torch.tensor([[0.1, 0.5], [-0.7, 0.2]]))
    weight = learning.shifters[0].weight
    optimiser = torch.optim.Adam([weight], lr=0.05)
    for _ in range(60):
        movie = 127.5 + 60 * torch.nn.functional.avg_pool2d(torch.randn(4, 12, *SIZE), 3, 1, 1)
        state = torch.randn(4, 4, 12)
        with torch.no_grad():
            expected = true(movie, state, "a")
        loss = (learning(movie, state, "a") - expected).square().mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert torch.allclose(weight, true.shifters[0].weight, atol=0.1)


GRID = (9, 12)


def features(batch: int = 2, frames: int = 3, channels: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, frames, GRID[0] * GRID[1], channels, generator=generator)


def added(stage: SecondStage, given: torch.Tensor) -> torch.Tensor:
    return stage(given, GRID) - given


def test_a_second_stage_adds_what_its_formula_says():
    torch.manual_seed(0)
    stage, given = SecondStage(6), features()
    with torch.no_grad():
        stage.bias.normal_()
    pictures = (given @ stage.enter).reshape(-1, *GRID, 6)
    margin = NEIGHBOURHOOD // 2
    padded = torch.nn.functional.pad(pictures, (0, 0, margin, margin, margin, margin))
    around = sum(
        padded[:, row : row + GRID[0], column : column + GRID[1]] * stage.around[:, 0, row, column]
        for row in range(NEIGHBOURHOOD)
        for column in range(NEIGHBOURHOOD)
    )
    expected = (around + stage.bias).clamp(min=0).reshape(given.shape) @ stage.leave
    assert torch.allclose(added(stage, given), expected, atol=1e-5)


def test_a_second_stage_adds_little_at_first():
    torch.manual_seed(0)
    stage, given = SecondStage(32), features(channels=32)
    assert 0 < added(stage, given).std() < 0.3 * given.std()


def test_a_second_stage_reaches_as_far_as_its_neighbourhood_in_the_same_frame():
    torch.manual_seed(0)
    stage, given = SecondStage(6), features()
    changed = given.clone()
    changed[0, 1, 4 * GRID[1] + 6] += 1.0
    moved = (added(stage, changed) - added(stage, given)).abs().amax(-1).reshape(2, 3, *GRID) > 1e-6
    reached = torch.zeros(2, 3, *GRID, dtype=torch.bool)
    reached[0, 1, 2:7, 4:9] = True
    assert not (moved & ~reached).any()
    assert moved[0, 1, 2:7, 4:9].float().mean() > 0.9


def test_an_encoder_with_a_second_stage_needs_no_more_frames_before_a_window():
    torch.manual_seed(0)
    encoder = Compact(
        CompactConfig(filters=8, features=6, filter_size=5, taps=3, smoothing=2, stages=1), {"a": 4}, SIZE
    )
    with torch.no_grad():
        encoder.readouts[0].weights.normal_()
    movie, state = 255 * torch.rand(1, 20, *SIZE), torch.zeros(1, 4, 20)
    whole = encoder(movie, state, "a")[..., 10:]
    window = encoder(movie[:, 10 - encoder.history :], state[..., 10 - encoder.history :], "a")
    assert torch.allclose(whole, window[..., encoder.history :], rtol=1e-4)
