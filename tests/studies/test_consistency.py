from reverie.studies.consistency import CONSISTENCY, FOUND, MASKED, SCORE, TRUTH
from reverie.studies.running import run_experiment


def test_a_movie_fitted_to_one_trial_explains_that_trial_better_than_the_truth(laboratory):
    section = run_experiment(laboratory, CONSISTENCY)
    found = section.plates[0].data.groupby("condition")[SCORE].mean()
    assert found[FOUND] > found[TRUTH] > found[MASKED]
    assert "noise of this very trial" in section.sentences[0]
    assert [line.theirs for line in section.comparison[:3]] == ["0.379", "3–4 % lower", "0.442"]
