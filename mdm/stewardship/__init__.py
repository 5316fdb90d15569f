"""What a steward does: judges, merges, unmerges, splits, pins values, works through tasks.

`naming.py` says which records are meant, `judging.py` and `pinning.py` which decisions are valid, and keep them. The
commands let a run carry them out (`pipelines/stewardship.py`). Here they take effect in the transaction that keeps
them: `decisions.py` over `effect.py`, which also tells what they would do without doing it. `tasks.py` is the queue.
"""
