"""Time this machine beside the published arithmetic: `python -m benchmarks [--quick] [--out FOLDER]`."""

import argparse
from pathlib import Path

from benchmarks.run import run_benchmark


def main() -> None:
    """Measure; prints a table and writes benchmark.json and benchmark.html. Nothing else should run meanwhile."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmark"), help="folder for the numbers and the page")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: minutes instead of up to half an hour")
    chosen = parser.parse_args()
    run_benchmark(chosen.out, quick=chosen.quick)


if __name__ == "__main__":
    main()
