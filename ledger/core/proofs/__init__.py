"""Proofs for other programs: C2SP tlog-proof, and SCITT statements with COSE receipts.

In reading order:

=============== ======================================================
``membership``  which entry and batch a proof is about
``tlog_proof``  C2SP tlog-proof
``cose``        COSE_Sign1 (RFC 9052)
``receipt_key`` the key of receipts, named by the log key
``scitt``       RFC 9943 transparent statements with RFC 9942 receipts
=============== ======================================================
"""
