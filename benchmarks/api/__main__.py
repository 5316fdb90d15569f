"""`python -m benchmarks.api`: see benchmarks.api.run."""

from benchmarks.api.run import main

if __name__ == "__main__":
    main()
