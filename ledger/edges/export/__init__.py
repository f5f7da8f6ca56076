"""An export as files in a folder. docs/exit.md describes them.

In reading order:

============ ===================================================
``manifest`` what is in an export, and a digest of all its files
``records``  the lines of its lists
``listing``  all its files with their SHA-256
``writer``   writes an export
``reader``   reads one and checks every file
============ ===================================================
"""
