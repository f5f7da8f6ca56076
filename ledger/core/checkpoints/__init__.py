"""The signed size and root of a history, and who vouches for it.

In reading order:

============== ==============================================================
``checkpoint`` origin, size and root
``note``       the signed note: the log's signature, witnesses' cosignatures
``trust``      the trust root: what a verifier believes beforehand
``witnessing`` what a log and a witness say to each other (C2SP tlog-witness)
============== ==============================================================
"""
