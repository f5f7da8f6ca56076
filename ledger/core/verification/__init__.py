"""The verdict on one document: numbered steps, three questions, one conclusion.

In reading order:

================ ===============================================================
``verify``       the steps in order: start here
``verdict``      checks, questions and the conclusion
``codes``        what a check can find: codes, their status and their English
``rules``        which rule each code stands for
``wording``      words with parameters
``policy``       what a verifier demands
``context``      one verification under way
``intact``       steps 1 to 9 and 21: does everything fit together
``attestations`` steps 13 to 18: still in force, by whom, and as demanded
``demands``      steps 19 and 20: what else a policy demands
``authority``    could this key say that, by the entries shown
``facts``        what a verdict rests on: shown entries, or the replayed history
``snapshot``     what a replayed history says of one declaration
``budget``       what one verification may cost
``limits``       how much evidence a server judges for strangers
``cache``        what many verifications have in common
================ ===============================================================
"""
