"""Sync-back: what changed goes to the systems that asked for it, in numbered files, and their answers are read.

`telling` decides what a target must be told and keeps it, in one transaction; `files` writes what is kept; `replies`
reads acknowledgements; `every` does all of that for the targets of a workspace; `replay` makes a delivery again.
"""
