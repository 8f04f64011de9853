import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.foundation.errors import ReverieError
from reverie.scoring.controls import CONTROLS
from reverie.scoring.rule import evaluation_region
from reverie.scoring.scores import MAIN_SCORES, score

HEIGHT, WIDTH = 12, 16
MASK = np.pad(np.full((8, 10), 1.2, dtype=np.float32), ((2, 2), (3, 3)), constant_values=0.6)


def footage(seed: int, frames: int = 190, motion: float = 1.0) -> np.ndarray:
    """Two shots of 100 and 90 frames: a still picture each, and smooth motion of ``motion`` times its contrast."""
    generator = np.random.default_rng(seed)
    stills = gaussian_filter(generator.normal(size=(2, HEIGHT, WIDTH)), (0, 2, 2))
    moving = gaussian_filter(generator.normal(size=(frames, HEIGHT, WIDTH)), (4, 2, 2))
    stills /= stills.std(axis=(1, 2), keepdims=True)
    shots = np.repeat(stills, [100, frames - 100], axis=0)
    return (127.5 + 30 * shots + 30 * motion * moving / moving.std()).astype(np.float32)


def noisy(movie: np.ndarray, level: float = 20.0) -> np.ndarray:
    return (movie + level * np.random.default_rng(99).normal(size=movie.shape)).astype(np.float32)


def test_the_columns_are_always_the_same_and_each_main_score_has_its_controls():
    truth = footage(0)
    bare = score(noisy(truth), truth, MASK, seed=0)
    rates = np.random.default_rng(0).uniform(0, 1, (3, 190)).astype(np.float32)
    agreement = {"responses": rates, "rates_from_reconstruction": rates, "rates_from_truth": rates}
    full = score(noisy(truth), truth, MASK, seed=0, other_movies=[footage(1)], **agreement)
    assert list(bare) == list(full)
    assert {f"{name}_{control}" for name in MAIN_SCORES for control in CONTROLS} < set(full)
    assert np.isfinite(list(full.values())).all()
    undefined = {name for name, value in bare.items() if not np.isfinite(value)}
    assert undefined == {name for name in full if name.startswith("response_") or name.endswith("_other_movie")}


def test_golden_scores_come_out_of_the_whole(golden):
    mask = golden.arrays["mask"][14:50]
    row = score(golden.arrays["metric_reconstruction"], golden.movie, mask, seed=0, skip=0)
    expected = golden.values["metrics"]
    names = {
        "video_correlation": "video_corr",
        "frame_correlation": "mean_frame_corr",
        "rmse": "rmse",
        "psnr": "psnr",
        "global_ssim": "global_ssim_reference",
    }
    for ours, theirs in names.items():
        assert row[ours] == pytest.approx(expected[theirs], abs=1e-5)
    assert row["motion_energy_truth"] == pytest.approx(golden.arrays["motion_energy"].mean(), abs=1e-5)


def test_skipped_frames_and_pixels_outside_the_mask_do_not_count():
    truth = footage(2)
    found = noisy(truth)
    spoiled = found.copy()
    spoiled[:30] = 0
    assert score(spoiled, truth, MASK, seed=0) == pytest.approx(score(found, truth, MASK, seed=0), nan_ok=True)
    spoiled = np.where(MASK >= 1, found, 255).astype(np.float32)
    clean, other = (score(movie, truth, MASK, seed=0) for movie in (found, spoiled))
    for name in ("video_correlation", "video_correlation_dynamic", "frame_correlation", "rmse", "pixel_correlation"):
        assert other[name] == clean[name]
    assert other["video_correlation_full_frame"] < clean["video_correlation_full_frame"]


def test_the_row_says_what_was_scored():
    row = score(footage(3), footage(3), MASK, seed=0)
    assert (row["frames_scored"], row["pixels_scored"], row["shots_scored"]) == (160, 80, 2)
    assert score(footage(3), footage(3), MASK, seed=0, threshold=0.5)["pixels_scored"] == HEIGHT * WIDTH


def test_on_nearly_still_footage_only_the_dynamic_part_tells_the_moment():
    truth = footage(4, motion=0.3)
    row = score(noisy(truth, 5), truth, MASK, seed=0, other_movies=[footage(5), footage(6)])
    assert row["video_correlation_other_moment"] > 0.9 * row["video_correlation"]
    assert row["video_correlation_dynamic"] > 0.6
    assert abs(row["video_correlation_dynamic_other_moment"]) < 0.3
    assert abs(row["video_correlation_other_movie"]) < 0.6


def test_a_still_image_as_reconstruction_scores_high_and_has_no_dynamic_part():
    truth = footage(7, motion=0.2)
    still = np.concatenate(
        [np.repeat(part.mean(axis=0, keepdims=True), len(part), axis=0) for part in (truth[:100], truth[100:])]
    )
    row = score(still, truth, MASK, seed=0)
    assert row["video_correlation"] > 0.9
    assert row["video_correlation_other_moment"] == pytest.approx(row["video_correlation"], abs=0.01)
    assert row["video_correlation_dynamic"] == 0
    assert row["dynamic_share"] < 0.1


def test_shuffling_removes_the_dynamic_agreement_and_follows_the_seed():
    truth = footage(8)
    rows = [score(noisy(truth), truth, MASK, seed=seed) for seed in (0, 0, 1)]
    assert rows[0] == pytest.approx(rows[1], nan_ok=True)
    assert rows[0]["video_correlation_shuffled"] != rows[2]["video_correlation_shuffled"]
    assert rows[0]["video_correlation_dynamic"] > 0.7
    assert abs(rows[0]["video_correlation_dynamic_shuffled"]) < 0.15
    assert rows[0]["video_correlation_shuffled"] < 0.7 * rows[0]["video_correlation"]


def test_grey_correlates_with_nothing_but_has_an_error():
    truth = footage(9)
    row = score(noisy(truth), truth, MASK, seed=0)
    for name in MAIN_SCORES[:6]:
        assert row[f"{name}_grey"] == 0
    assert row["rmse_grey"] == pytest.approx(np.sqrt(((truth[30:, 2:-2, 3:-3] - 127.5) ** 2).mean()), rel=1e-5)
    assert row["rmse"] < row["rmse_grey"]


def test_another_moment_of_a_short_clip_is_undefined():
    truth = footage(10, 130)[:80]
    row = score(noisy(truth), truth, MASK, seed=0)
    assert all(np.isnan(row[f"{name}_other_moment"]) for name in MAIN_SCORES)


def test_other_movies_are_averaged():
    truth, others = footage(11), [footage(12), footage(13)]
    names = [f"{name}_other_movie" for name in MAIN_SCORES]
    both = score(noisy(truth), truth, MASK, seed=0, other_movies=others)
    single = [score(noisy(truth), truth, MASK, seed=0, other_movies=[other]) for other in others]
    for name in names:
        assert both[name] == pytest.approx(np.mean([row[name] for row in single]))


def test_responses_are_compared_from_the_first_scored_frame_on():
    truth = footage(14)
    responses = np.random.default_rng(0).gamma(1, 1, (5, 190)).astype(np.float32)
    rates = 2 * responses
    rates[:, :30] = 7
    row = score(truth, truth, MASK, seed=0, responses=responses, rates_from_reconstruction=rates)
    assert row["response_correlation_reconstruction"] == pytest.approx(1)
    assert row["response_consistency_reconstruction"] == pytest.approx(1)
    assert np.isnan(row["response_correlation_truth"])


def test_the_inputs_are_left_as_they_were():
    truth, found = footage(15), noisy(footage(15))
    before = truth.copy(), found.copy()
    truth.flags.writeable = found.flags.writeable = False
    score(found, truth, MASK, seed=0, other_movies=[truth])
    assert np.array_equal(before[0], truth)
    assert np.array_equal(before[1], found)


def test_an_empty_evaluation_mask_is_refused():
    with pytest.raises(ReverieError, match="No pixel of the mask reaches a transparency of 1"):
        score(footage(0), footage(0), MASK / 2, seed=0)
    assert evaluation_region(MASK, 0.5).all()


BROKEN = {
    "shorter reconstruction": ({"reconstruction": footage(0)[:-1]}, "its own trial"),
    "other frame size": ({"reconstruction": footage(0)[:, 1:]}, "its own trial"),
    "mask of another size": ({"mask": MASK[1:]}, r"The mask is \(height, width\)"),
    "NaN": ({"reconstruction": footage(0) * np.float32(np.nan)}, "not finite"),
    "everything skipped": ({"skip": 189}, "choose longer trials"),
    "negative skip": ({"skip": -1}, "choose longer trials"),
    "other movies of another size": ({"other_movies": [footage(1)[:, 1:]]}, "Another movie"),
    "rates of another trial": (
        {"responses": np.ones((2, 190), np.float32), "rates_from_truth": np.ones((3, 190), np.float32)},
        "predicted from the truth",
    ),
    "rates of another length": (
        {"responses": np.ones((2, 99), np.float32), "rates_from_truth": np.ones((2, 99), np.float32)},
        "190 frames",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_is_named(name):
    changes, sentence = BROKEN[name]
    arguments = {"reconstruction": footage(0), "truth": footage(0), "mask": MASK, "seed": 0}
    with pytest.raises(ReverieError, match=sentence):
        score(**(arguments | changes))
