"""Distillation: the teacher speaks for the animals that did not see the movie, and for no other."""

from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.training.batches import Windows
from reverie.training.distillation import distillation_loss

CONFIG = LinearNonlinearConfig(pooling=4)
MICE = {"a": 12, "b": 12}


def test_only_readouts_of_absent_animals_learn_from_the_teacher() -> None:
    recording = toy_recording("a", trials=2, frames=60)
    batch = Windows({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student, teacher = (LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH)) for _ in range(2))
    distillation_loss(student, teacher, batch).backward()
    recorded, absent = student.readouts
    assert all(weight.grad is None for weight in recorded.parameters())
    assert absent.bias.grad is not None
    assert all(weight.grad is None for weight in teacher.parameters())


def test_without_a_common_absent_animal_there_is_nothing_to_learn() -> None:
    recording = toy_recording("a", trials=1, frames=60)
    batch = Windows({"a": trials_of(recording)}, batch=2, window=20, history=11, seed=0).draw(0)
    student = LinearNonlinear(CONFIG, MICE, (HEIGHT, WIDTH))
    assert distillation_loss(student, LinearNonlinear(CONFIG, {"a": 12}, (HEIGHT, WIDTH)), batch) == 0
