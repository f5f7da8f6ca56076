"""``make bench``: each figure beside a peer's, the same work measured in the same run. docs/performance.md says how."""
