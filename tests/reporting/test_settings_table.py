from reverie.reporting.settings_table import settings_groups


def test_single_values_come_first_and_mappings_become_groups() -> None:
    groups = settings_groups({"solver": {"learning_rate": 1e-8}, "seed": 123456, "empty": {}})
    assert [group.title for group in groups] == ["Run", "Solver"]
    assert groups[0].rows == [("seed", "123456")]
    assert groups[1].rows == [("learning rate", "1e-08")]


def test_values_read_as_words() -> None:
    values = {"yes": True, "no": False, "none": None, "list": ["a", 2], "nothing": []}
    assert [text for _, text in settings_groups(values)[0].rows] == ["yes", "no", "–", "a, 2", "–"]
