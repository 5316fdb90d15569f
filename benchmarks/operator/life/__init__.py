"""Thirty nights of the operator's life: the world goes on, the systems hear of it, and deliver it night by night.

`course` is what happens to people (the truth), `systems` what the source systems have of them, `diary` which of it
happens on which day, `deliveries` the files of a night, mishaps included, and what the store must hold after it.
Everything depends on the size and the seed alone.
"""
