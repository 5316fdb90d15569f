"""One record at a time: what a channel writes becomes the master file's state in one transaction.

The rules are those of the night (`mdm.match`, `mdm.resolve`, `mdm.golden`), in their row twins; only what they read and
write is small. `write.py` is the way of one record; `scene.py` what hangs together with it; `resolved.py` what becomes
of that; `locks.py` who has to wait for whom; `stored.py` records on their way to the store and back. What a written
record changes for records beside it (a key that became too common, a household) is noted as *due* and settled by the
next run, which begins within seconds (`mdm/store/due.py`).
"""
