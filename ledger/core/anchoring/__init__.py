"""How a batch of declarations gets into the history.

In reading order:

============ ==============================================================
``batches``  the state machine from pending to final, and what to send next
``interval`` how long a declaration waits for others to share its batch
``fees``     gas fees, and what a replacement must pay
============ ==============================================================
"""
