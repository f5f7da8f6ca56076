"""What is signed: origin, EIP-712, signers, and every statement.

In reading order:

============= =============================================================
``eip712``    type hashes and words
``origin``    the name of one history: chain and contract
``signature`` who signed: secp256k1, P-256, wallets
``members``   how each member of a statement is checked, hashed and printed
``statement`` declaration, withdrawal, attestation, revocation, resolutions
============= =============================================================
"""
