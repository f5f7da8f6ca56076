"""The signed size and root of a history, and the keys that vouch for it.

In reading order:

==================== ==================================================================
``checkpoint``       origin, size and root
``note``             the signed note: the log's signature, witnesses' cosignatures
``log_keys``         which key of the log counts at which size
``trust``            the trust root: what a verifier believes beforehand
``witness_requests`` requests to witnesses (C2SP tlog-witness)
``witnesses_file``   the list of witnesses that an operator keeps
``trust_folder``     trust roots of several histories, of which the evidence's origin chooses one
``tlog_policy``      the trust root in the format of other programs (C2SP tlog-policy)
==================== ==================================================================
"""
