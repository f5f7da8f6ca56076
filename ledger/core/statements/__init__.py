"""What is signed: origin, EIP-712, signers, and every statement.

In reading order:

=================== ==============================================================="""
