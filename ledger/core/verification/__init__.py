"""The verdict on one document: named checks, three questions, one conclusion.

In reading order:

================ ===============================================================
``verify``       the checks in order: start here
``verdict``      checks, questions and the conclusion
``policy``       what a verifier demands
``facts``        what a verdict rests on: shown entries, or the replayed history
``context``      the state of one verification
``intact``       question 1: does everything fit together
``authority``    could this key say that, by the entries shown
``attestations`` questions 2 and 3: still in force, and by whom
================ ===============================================================
"""
