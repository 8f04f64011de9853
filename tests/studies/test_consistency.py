from reverie.studies.consistency import CONSISTENCY, FOUND, MASKED, SCORE, TRUTH
from reverie.studies.running import run_study


def test_a_movie_fitted_to_one_trial_explains_that_trial_better_than_the_truth(setup):
    section = run_study(setup, CONSISTENCY)
    found = section.findings.pictures[0].data.groupby("condition")[SCORE].mean()
    assert found[FOUND] > found[TRUTH] > found[MASKED]
    assert "noise of this very trial" in section.findings.sentences[0]
    assert [line.theirs for line in section.findings.comparison[:3]] == ["0.379", "3–4 % lower", "0.442"]
