"""An export as files. docs/exit.md says what lies where.

In reading order:

============ ========================================================================
``layout``   where each file lies
``manifest`` what is in an export, and a digest of the list of its files
``records``  what the lines of its lists say
``writer``   writing: each file whole or not at all, the manifest last
``reader``   reading: every file is checked, and every file must be accounted for
``listing``  the list of files while it is made or checked
============ ========================================================================
"""
