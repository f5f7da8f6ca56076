"""What is signed: origin, EIP-712, signers, and every statement.

In reading order:

================= ======================================================================
``eip712``        type hashes and words
``origin``        the name of one history: chain, contract and beginning
``passkey``       the form of a passkey's signature
``signature``     who signed: account keys, P-256 keys, passkeys, wallets
``signer_kind``   what a signer is
``members``       how each member of a statement is checked, hashed and printed
``statement``     declaration, withdrawal, attestation, revocation, posting, ...
``typed_message`` a statement as wallets take it
``code_lists``    what document types and outcomes say, and which outcomes are adverse
``notices``       the agency's documents behind an attestation: its ``detail``
================= ======================================================================
"""
