from reverie.foundation.errors import grouped


def test_sentences_that_differ_in_the_trial_alone_are_one_cause():
    causes = {f"mouse1 trial {n}": f"mouse1 trial {n}: /a/videos/{n}.npy is cut short; copy it again." for n in (2, 25)}
    causes["mouse1 trial 7"] = "mouse1 trial 7: it has no responses."
    assert grouped(causes) == [
        "mouse1 trial 2: /a/videos/2.npy is cut short; copy it again. The same holds for 1 other: mouse1 trial 25.",
        "mouse1 trial 7: it has no responses.",
    ]


def test_numbers_that_are_no_names_keep_causes_apart():
    causes = {"2": "Trial 2 has 2 frames.", "5": "Trial 5 has 5 frames."}
    assert grouped(causes) == list(causes.values())


def test_many_are_counted():
    text = grouped({str(n): f"Trial {n} is dark." for n in range(20)})
    assert text == ["Trial 0 is dark. The same holds for 19 others: 1, 2, 3, 4, 5, 6, 7, 8 and 11 more."]
    assert grouped({}) == []
