"""The trees: that of RFC 9162, whole or grown entry by entry, and the index of subjects.

In reading order:

==================== ==========================================================
``merkle``           leaf and node hashes, roots, proofs and their verification
``tiles``            a tree that grows, with its proofs (C2SP tlog-tiles)
``tile_files``       the same tree as files
``subject_index``    the hashes of the index, and proofs of whole lists
``index_page``       one page of the index: few keys, or the hashes of 16 parts
``index_pages``      the index itself, in pages
``index_files``      the same pages as files
``index_difference`` the first subject that two indexes have otherwise
==================== ==========================================================
"""
