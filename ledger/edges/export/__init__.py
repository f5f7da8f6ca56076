"""An export as files: a folder that is written (``outbox``) or read (``inbox``), and what its lines say (``records``).

docs/exit.md says what lies where.
"""
