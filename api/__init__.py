"""The door for programs: HTTP under ``/v1``. It has no key but its relayer's and log's, and signs no statement."""
