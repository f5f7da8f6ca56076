"""What the relayer pays for: which statements it carries, and how much gas it spends on whom.

In reading order:

========== ====================================================================
``rules``  which statements are relayed, and whose budget each is charged to
``budget`` how much may be spent in a day, and whether there is room for more
========== ====================================================================
"""
