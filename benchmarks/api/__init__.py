"""How fast the API answers, beside baselines of the same run: see `run.py` and README.md of the benchmarks."""
