"""The signed size and root of a history, and the keys that vouch for it.

In reading order:

============== ==========================================================================
``checkpoint`` origin, size and root
``note``       the signed note: the log's signature, witnesses' cosignatures
``trust``      the trust root: what a verifier believes beforehand
``witnessing`` requests to and lists of witnesses (C2SP tlog-witness, tlog-policy)
============== ==========================================================================
"""
