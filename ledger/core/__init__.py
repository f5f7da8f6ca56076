"""The pure core: it judges, and does no I/O. Time, seeds and randomness are arguments.

Each package imports only packages above it in this table:

================ ========================================================================
``encoding``     bytes in and out: hashes, ABI, CBOR, strict JSON
``tree``         the RFC 9162 hash tree
``document``     bytes to fields to a salted digest, and redacted copies
``statements``   what is signed
``history``      the numbered entries and their replay
``checkpoints``  signed size and root; trust roots; witnesses
``anchoring``    how a batch comes into the history
``relaying``     which statements the relayer carries, and how much gas it spends on whom
``evidence``     the portable proof of one document
``proofs``       proofs for other programs
``verification`` the verdict
================ ========================================================================
"""
