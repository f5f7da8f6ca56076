"""What the relayer pays for: which statements it carries, and how much gas it spends on whom.

In reading order:

========== ====================================================================
``forms``  the signatures of what came in, each in its one form
``rules``  which statements are relayed, and whose budget each is charged to
``budget`` how much may be spent in a day, and whether there is room for more
========== ====================================================================
"""
