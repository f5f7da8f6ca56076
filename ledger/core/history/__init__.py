"""The numbered entries, and the state that a replay of them gives.

In reading order:

=================== ==============================================================================
``entry``           one numbered fact and its bytes
``resolution_file`` a resolution that council members sign one after the other
``agencies``        agencies, attesters and mandates, each with from and until
``rights``          what the holder of a key may read, by the register as it is now
``sentences``       an entry as a sentence: who did what about what
``council``         the quorum of a resolution
``replay``          every rule of the contract, entry by entry
``standing``        whether an attestation is in force at a time
``attested``        which agencies have attested a declaration
``subjects``        what an entry is about: the keys of the index
``history``         the replay that remembers all and answers questions
``nodes``           two nodes of one chain: which to go by, and whether they contradict each other
=================== ==============================================================================
"""
