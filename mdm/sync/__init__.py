"""What a target is told: from golden records and cross-references to the rows of a delivery, and to its bytes.

`values` says what a column may hold; `made` makes rows of what is now and of what was told; `characters` repairs what
the target's encoding cannot write; `layout` turns rows into bytes; `echoes` recognises what comes back. Nothing here
reads or writes a store or a file: tables in, tables or bytes out.
"""
