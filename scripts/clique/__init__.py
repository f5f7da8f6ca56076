"""A network of several validators on one machine: geth with Clique, proof of authority (EIP-225).

Tests use it: its real processes seal, race each other, take blocks back, and can be killed and cut off from each other.
A consortium runs the QBFT network of ``deploy/`` instead, which never takes a block back.

``python -m scripts.clique up | down | status``; in Python, ``Network``.
"""

from scripts.clique.network import Network
from scripts.clique.validator import Validator

__all__ = ["Network", "Validator"]
