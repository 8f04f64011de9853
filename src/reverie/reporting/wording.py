"""How scores and controls are named and explained to a reader."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """A score in words: its name, its unit (may be empty), and one sentence on what it measures."""

    label: str
    unit: str
    meaning: str


SCORES = {
    "video_correlation": Wording(
        "Video correlation", "", "Pearson correlation over all scored pixels and frames together. 1 is perfect."
    ),
    "video_correlation_static": Wording(
        "… static part", "", "The same for each pixel's mean within a shot: where things are, not how they move."
    ),
    "video_correlation_dynamic": Wording(
        "… dynamic part", "", "The same for what is left without those means: only what changes within a shot."
    ),
    "video_correlation_pattern": Wording(
        "… pattern", "", "The same without each frame's own mean: what is seen, not how bright the frame is as a whole."
    ),
    "frame_correlation": Wording(
        "Frame correlation", "", "Correlation over the pixels of each frame, averaged over frames."
    ),
    "pixel_correlation": Wording(
        "Pixel correlation", "", "Correlation over the time course of each pixel, averaged over pixels."
    ),
    "rmse": Wording("Root mean square error", "grey levels", "Typical distance from the truth. 0 is perfect."),
    "psnr": Wording("Peak signal-to-noise ratio", "dB", "The same error on a logarithmic scale. Higher is better."),
    "ssim": Wording(
        "Structural similarity", "", "Likeness of local luminance, contrast and pattern (Wang). 1 is best."
    ),
    "video_correlation_full_frame": Wording(
        "Video correlation, whole frame", "", "Without the mask: also where the population sees nothing."
    ),
    "global_ssim": Wording(
        "Global similarity", "", "Structural similarity in a single window, as in the paper's released code."
    ),
    "dynamic_share": Wording(
        "Dynamic share", "", "How much of the true movie's variance changes within a shot. Small: a nearly still clip."
    ),
    "motion_energy_reconstruction": Wording(
        "Motion energy, reconstruction", "grey levels/frame", "Mean absolute change from frame to frame."
    ),
    "motion_energy_truth": Wording(
        "Motion energy, truth", "grey levels/frame", "Mean absolute change from frame to frame."
    ),
    "shannon_entropy_reconstruction": Wording(
        "Entropy, reconstruction", "bit", "Variety of grey levels in a frame, over 25 bins."
    ),
    "shannon_entropy_truth": Wording("Entropy, truth", "bit", "Variety of grey levels in a frame, over 25 bins."),
    "response_correlation_reconstruction": Wording(
        "Response correlation, reconstruction",
        "",
        "Recorded responses against those predicted from the reconstruction, per neuron, averaged. "
        "If it is above that of the truth, the movie also explains trial noise.",
    ),
    "response_correlation_truth": Wording(
        "Response correlation, truth", "", "Recorded responses against those predicted from the true movie."
    ),
    "response_consistency_reconstruction": Wording(
        "Response consistency, reconstruction", "", "The same correlation over all neurons and frames together."
    ),
    "response_consistency_truth": Wording(
        "Response consistency, truth", "", "The same correlation over all neurons and frames together."
    ),
    "coverage_50": Wording("Truth within 50 % intervals", "", "How often true pixels lay inside the 50 % intervals."),
    "coverage_80": Wording("Truth within 80 % intervals", "", "How often true pixels lay inside the 80 % intervals."),
    "coverage_95": Wording("Truth within 95 % intervals", "", "How often true pixels lay inside the 95 % intervals."),
    "frames_scored": Wording("Frames scored", "", "Frames after those left out at the start."),
    "pixels_scored": Wording("Pixels scored", "", "Pixels inside the evaluation mask."),
    "shots_scored": Wording("Shots scored", "", "Stretches of the true movie between cuts."),
}
"""The scores of the evaluation by name."""

CONTROL_LABELS = {
    "other_movie": Wording("Other movie", "", "the same reconstruction compared with movies it was not made from"),
    "other_moment": Wording("Other moment", "", "compared with the right scene half a shot earlier or later"),
    "shuffled": Wording("Shuffled", "", "compared with the right frames in random order"),
    "grey": Wording("Grey", "", "a blank grey movie compared with the truth"),
}
"""The controls of the evaluation by name: what a score would be without knowing the movie."""


def wording_of(score: str) -> Wording:
    """Return the words for a score, or its name made readable where there are none.

    >>> wording_of("my_own_score").label
    'My own score'
    """
    return SCORES.get(score) or Wording(score.replace("_", " ").capitalize(), "", "")
