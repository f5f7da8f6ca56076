"""What is signed: origin, EIP-712, signers, and every statement.

In reading order:

====================== ======================================================================
``eip712``             type hashes and words
``origin``             the name of one history: chain, contract and beginning
``passkey``            the form of a passkey's signature
``signer``             who can sign: account keys, P-256 keys, passkeys, wallets
``signature``          who signed this digest
``signature_forms``    what is taken of a signature in another form, and what is wrong with one that is not
``member_types``       how each member of a statement is checked, hashed and printed
``statement``          what every statement has: hash, id, JSON form, ABI value
``declaration``        a party's statement about one document
``withdrawal``         the end of a declaration
``attestation``        an agency's statement about a set of declarations
``revocation``         the end of an attestation
``posting``            an agency's move of a line of a certificate to its next sheet
``sign_in``            a signer's statement to a site
``resolutions``        the council's acts: about agencies, attesters, mandates, itself
``typed_message``      a statement as wallets take it
``in_words``           what a statement says, for whoever is about to sign
``signing_request``    what a signing page or program is asked, and what it answers
``code_lists``         what document types and outcomes say, and which outcomes are adverse
``code_names``         codes by what people call them
``recognition_tables`` the names and marks by which a type is recognised
``recognition``        what type a document is by its content
``type_table``         a table of files and their types
``detail``             how an attestation names the agency's documents behind it
====================== ======================================================================
"""
