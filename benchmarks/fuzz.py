"""Break inputs at random and see how every verb takes it: `python -m benchmarks.fuzz [--cases N] [--seed S]`.

Each case copies a tiny world, breaks one or two places of one part of it, and gives one command that reads it. It has
to succeed or to end with exactly one sentence; and where something of our own making is damaged (an encoder, what was
fitted, a run, an interrupted training) and the command succeeds, its result must be that of undamaged files.
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.breaking_bytes import word
from benchmarks.breaking_contents import damages_of
from benchmarks.commands import Outcome, complaint, load_everything, run_command
from benchmarks.fuzz_world import TARGETS, Target, copy_parts, is_cheap, make_world, results_of
from reverie.foundation.files import replacing

TWICE = 0.15
"""How often a second place is broken too."""

ODD_WORD = 0.05
"""How often a word of the command is changed instead of a file."""


@dataclass(frozen=True)
class Case:
    """One broken input and the command that read it. damage: what was done to which file. problem: empty if none."""

    number: str
    damage: str
    command: str
    outcome: Outcome
    problem: str

    def described(self) -> str:
        """Return all that is to be known of it."""
        return (
            f"[{self.number}] {self.problem}: {self.damage}\n    reverie {self.command}\n{self.outcome.stderr[-1500:]}"
        )


class Fuzzer:
    """A world, what commands make of it undamaged, and cases."""

    def __init__(self, folder: Path, *, quick: bool = False) -> None:
        self.world, self.scratch, self.quick = folder / "world", folder / "case", quick
        load_everything()
        if not self.world.exists():
            make_world(self.world, quick=quick)
        self.targets = [each for each in TARGETS if (self.world / each.name).exists() and self._commands(each)]
        self._usual: dict[str, dict[str, object]] = {}

    def case(self, number: str) -> Case:
        """Do one case; its number decides everything about it."""
        dice = random.Random(number)
        target = dice.choice(self.targets)
        command = dice.choice(self._commands(target))
        usual = self._usual_results(target, command)
        self._fresh(target)
        words = command.split()
        if dice.random() < ODD_WORD:
            place = dice.randrange(1, len(words))
            words[place] = word(dice)
            damage = f"the word {words[place]!r}"
        else:
            damage = "; ".join(self._break(target, dice) for _ in range(1 + (dice.random() < TWICE)))
        outcome = run_command(words, self.scratch)
        problem = complaint(outcome) or self._left_behind()
        if not problem and target.own and outcome.code == 0 and words == command.split():
            now = results_of(self.scratch)
            # The mask that came with the world is made by hand; where it went, another one is fitted, and said so.
            fitted_anew = "Fitting the mask" in outcome.stderr
            changed = [] if fitted_anew else [name for name, content in usual.items() if now.get(name) != content]
            problem = f"silently another {', '.join(changed)}" if changed else ""
        return Case(number, damage, " ".join(words), outcome, problem)

    def _commands(self, target: Target) -> list[str]:
        """Return a target's commands, cheap ones more often; quickly, those alone."""
        cheap = [command for command in target.commands if is_cheap(command)]
        return cheap if self.quick else [*cheap, *cheap, *target.commands]

    def _fresh(self, target: Target) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        copy_parts(self.world, self.scratch, (target.name, *target.needs))

    def _usual_results(self, target: Target, command: str) -> dict[str, object]:
        if command not in self._usual:
            self._fresh(target)
            outcome = run_command(command.split(), self.scratch, 300)
            assert outcome.code == 0, f"{command}\n{outcome.stderr}"
            self._usual[command] = results_of(self.scratch)
        return self._usual[command]

    def _break(self, target: Target, dice: random.Random) -> str:
        root = self.scratch / target.name
        places = sorted(path for path in root.rglob("*") if not path.is_symlink()) if root.is_dir() else []
        files, folders = [p for p in places if p.is_file()], [p for p in places if p.is_dir()]
        if root.is_file():
            path = root
        elif dice.random() < 0.1 and folders:
            path = dice.choice(folders)
        else:
            # Kinds of files first, lest the many movies of a recording leave nothing for the rest.
            kinds = sorted({(file.parent.name, file.suffix) for file in files})
            kind = dice.choice(kinds or [("", "")])
            path = dice.choice([file for file in files if (file.parent.name, file.suffix) == kind] or [root])
        damage = dice.choice(damages_of(path))
        try:
            damage.do(path, dice)
        except Exception as error:  # some damages fit only some files
            return f"nothing ({damage.name} of {path.name}: {type(error).__name__})"
        return f"{damage.name} of {path.relative_to(self.scratch)}"

    def _left_behind(self) -> str:
        left = [path.name for path in self.scratch.rglob("*") if path.name.endswith((".partial", ".unpacking"))]
        climbed = [path.name for path in self.scratch.rglob("climbed*")]
        return f"left behind {left + climbed}" if left + climbed else ""


def fuzz(folder: Path, numbers: Sequence[str], *, quick: bool = False) -> list[Case]:
    """Do some cases in a folder; prints each that went wrong, and the totals.

    quick: only what a moment is enough for.
    """
    fuzzer, cases = Fuzzer(folder, quick=quick), []
    for done, number in enumerate(numbers):
        case = fuzzer.case(number)
        cases.append(case)
        if done % 50 == 49:
            print(f"… {totals(cases)}", flush=True)
        if case.problem:
            print(case.described(), flush=True)
    return cases


def totals(cases: Sequence[Case]) -> str:
    """Return how many cases went on, ended with a sentence, and went wrong."""
    wrong = Counter(case.problem.split(" ")[0] + "…" for case in cases if case.problem)
    fine = [case for case in cases if not case.problem]
    went_on = sum(case.outcome.code == 0 for case in fine)
    slowest = max((case.outcome.seconds for case in cases), default=0.0)
    rows = [f"{len(cases)} cases: {went_on} went on, {len(fine) - went_on} ended with one sentence"]
    rows += [f"{sum(wrong.values())} went wrong" + (f" ({dict(wrong)})" if wrong else "")]
    return "; ".join([*rows, f"slowest {slowest:.1f} s"])


def main() -> None:
    """Break, and print totals; ends with 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="only commands that take a moment")
    parser.add_argument("--only", nargs="*", help="numbers of cases, as SEED/NUMBER")
    parser.add_argument("--log", type=Path, help="file that says of every case how it ended")
    parser.add_argument("--folder", type=Path, help="where the world is kept; a temporary folder by default")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    numbers = chosen.only or [f"{chosen.seed}/{number}" for number in range(chosen.cases)]
    with tempfile.TemporaryDirectory() as temporary:
        cases = fuzz(chosen.folder or Path(temporary), numbers, quick=chosen.quick)
    if chosen.log is not None:
        with replacing(chosen.log) as stream:
            for case in cases:
                last = (case.outcome.stderr.strip().splitlines() or [""])[-1]
                row = f"{case.number}\t{case.outcome.code}\t{case.problem}\t{case.damage}\t{case.command}\t{last}\n"
                stream.write(row.encode(errors="backslashreplace"))
    print(totals(cases))
    raise SystemExit(any(case.problem for case in cases))


if __name__ == "__main__":
    main()
