"""How a batch of declarations gets into the history.

In reading order:

=========== ==============================================================
``batches`` the state machine from pending to final, and what to send next
``fees``    gas fees, and what a replacement must pay
=========== ==============================================================
"""
