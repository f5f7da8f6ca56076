"""The door for programs: HTTP under ``/v1``. It holds nobody's key but its own relayer's and log's, and signs no statement."""
