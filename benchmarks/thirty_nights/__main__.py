"""`python -m benchmarks.thirty_nights`: see the package."""

from benchmarks.thirty_nights.run import main

if __name__ == "__main__":
    main()
