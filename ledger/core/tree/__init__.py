"""The RFC 9162 hash tree: roots, inclusion and consistency, whole or grown entry by entry.

In reading order:

============== ==========================================================
``merkle``     leaf and node hashes, roots, proofs and their verification
``tiles``      a tree that grows, with its proofs (C2SP tlog-tiles)
``tile_files`` the same tree as files
============== ==========================================================
"""
