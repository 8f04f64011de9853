"""Types and shapes are checked at the first call of each sort, and what passed is not checked again."""

import numpy as np
import pytest
from beartype import beartype
from jaxtyping import Float, TypeCheckError
from tests.checked_once import jaxtyped

checked = jaxtyped(typechecker=beartype)


@pytest.fixture
def product():
    def product(first: Float[np.ndarray, "row column"], second: Float[np.ndarray, "column other"]) -> np.ndarray:
        return first @ second

    return checked(product)


def test_other_shapes_and_types_are_checked_though_a_call_passed(product):
    assert product(np.ones((2, 3)), np.ones((3, 4))).shape == (2, 4)
    assert product(np.ones((2, 3)), second=np.ones((3, 4))).shape == (2, 4)
    for wrong in (np.ones((4, 3)), np.ones(3), np.ones((3, 4), dtype=int), None):
        with pytest.raises(TypeCheckError):
            product(np.ones((2, 3)), wrong)
    assert product(np.ones((5, 3)), np.ones((3, 4))).shape == (5, 4)


def test_results_are_checked_though_such_arguments_passed():
    answers = [np.ones(3), np.ones(3), np.ones(4), "three"]

    @checked
    def like(values: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        return answers.pop(0)

    for _ in range(2):
        assert len(like(np.zeros(3))) == 3
    for _ in range(2):
        with pytest.raises(TypeCheckError, match="return value"):
            like(np.zeros(3))
    assert answers == []


def test_numbers_that_shapes_are_made_of_are_looked_at():
    @checked
    def zeros(frames: int, made: int) -> Float[np.ndarray, " {frames}"]:
        return np.zeros(made)

    assert len(zeros(3, 3)) == 3
    with pytest.raises(TypeCheckError):
        zeros(4, 3)


def test_elements_of_containers_are_looked_at_and_long_ones_always():
    @checked
    def count(values: list[int]) -> int:
        return len(values)

    assert count([1]) == 1
    with pytest.raises(TypeCheckError):
        count(["one"])
    assert count([1] * 100) == 100
    with pytest.raises(TypeCheckError):
        count(["one"] * 100)


def test_closures_share_what_has_passed_and_each_is_called():
    def adding(number):
        @checked
        def add(value: int) -> int:
            return value + number

        return add

    assert [adding(number)(1) for number in range(3)] == [1, 2, 3]
    with pytest.raises(TypeCheckError):
        adding(0)("one")


def test_a_function_may_call_itself_and_fail():
    @checked
    def down(count: int) -> int:
        if count < 0:
            raise ValueError("below")
        return down(count - 1) if count else 0

    assert down(3) == 0
    for _ in range(2):
        with pytest.raises(ValueError, match="below"):
            down(-1)
    assert down(2) == 0
