"""The audit: the whole history replayed, and compared with everything else there is.

In reading order:

=============== ====================================================================================
``audit``       what is audited, what it is compared with, and in which order
``log``         the one pass over the first node's log: replay every rule, compare each entry
``lockstep``    other sources of the same entries, read side by side: another node, the store's index
``checkpoints`` checkpoints compared with the history: those given, and all in the store
``index``       the index of subjects, computed on the way, and what checkpoints say of it
``blocks``      where a log and the contract's head part ways
``wallets``     signatures of wallet contracts, which only the contract could judge
``store``       declarations, batches, sets and inclusions in the store
``findings``    what each comparison found, and the report
``cosigner``    a good audit ends with a cosignature
=============== ====================================================================================
"""
