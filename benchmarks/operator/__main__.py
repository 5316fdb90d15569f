"""`python -m benchmarks.operator --customers 2000 --seed 7 --out DIR` or `--rows 1000000`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.operator.workspace import ROWS_PER_CUSTOMER, generate


def main() -> None:
    """Parse the arguments, write the workspace, print rows per source."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operator", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--customers", type=int, default=2000, help="people who are customers (default 2000)")
    size.add_argument("--rows", type=int, help="rows over all sources, about")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="the workspace directory to write")
    arguments = parser.parse_args()
    customers = arguments.customers if arguments.rows is None else round(arguments.rows / ROWS_PER_CUSTOMER)
    for name, rows in generate(customers, arguments.seed, arguments.out).items():
        print(f"{name:15}{rows:>10,}")


if __name__ == "__main__":
    main()
