"""Quality gates: Great Expectations suites per source, for the cleansed batch and for the golden store.

`suites` says as data what is expected; `measures` turns nested tables into the narrow columns and figures that the
expectations look at; `engine` is the only file that knows Great Expectations; `gate` turns results into quarantined
rows, a stopped source, or going on. Nothing here is imported by `mdm`.
"""
