"""The door for programs: HTTP under ``/v1``. It holds no key but its relayer's and its log's, and signs no statement."""
