"""What happens, in order: one file for each verb of the command line. No cryptography, no HTTP, no terminal.

In the order of a document's life:

==================== ==============================================================================================
``service``          whom a command asks: all that can be done with one history, here or through a server
``own_service``      the service over one's own node and store
``server_service``   the service of a server, over its API
``server_answers``   reads what a server answers
``folder``           which files of a folder are documents, and why others are left out
``sources``          what to declare: files, folders or an index, and as what
``file_map``         which file is which declaration
``declare``          wrap files, sign their declarations, hand them in
``receive``          take in declarations that their parties signed: check, store many at once
``follow``           keep the store's index and a replayed history in step with the contract
``indexed_history``  the store's index of entries, and the history replayed from it
``replay_anew``      read a whole history from the chain, and find where it differs from the index
``shared_failure``   a look at the chain that failed, shared with all who ask soon after it
``anchor``           batches, transactions, entries; resumes wherever it stopped
``index``            keep the index of subjects of what is followed, and prove lists of entries
``checkpoint``       sign the size and root of what is confirmed; find the newest checkpoint
``log_keys``         the keys that signed before, and how one of them ends
``cosign``           ask witnesses for their signatures on it
``witness``          be such a witness: cosign what our own node confirms
``relay``            carry a signed statement to the contract, and find it again in the history
``attest``           relay an agency's attestation
``attestable``       why an agency may not attest a declaration now
``attest_many``      check a set before it is signed, split it, and attest it
``revoke``           relay the end of an attestation
``revoke_many``      check what is to end before it is signed, end it, and say what stands on
``side_by_side``     hand in statements that each need a transaction, some at once
``withdraw``         relay the end of a declaration by its party
``post``             relay an agency's move of a certificate's line to its next sheet
``council``          resolutions: enrol, suspend, reinstate, authorise, retire, compromise, grant, withdraw, change
``status``           where a declaration or an attestation stands
``references``       have a declaration found by what a redacted copy shows
``shares``           leave a sealed document for who has a link, and open one
``members``          which declarations an attestation is about
``own_documents``    what a party declared, newest first, and where each stands
``inbox``            what an agency has not attested yet, and lists by who attested them
``evidence``         make the portable proof of a declaration
``evidence_folder``  make it of all files that a map knows
``refresh``          renew evidence from the file, through a server
``by_link``          get the evidence that a code on paper leads to
``qr``               such codes, as squares or as an image
``print``            the page that accompanies a document on paper
``proof``            export it for other programs: tlog-proof, SCITT
``verify``           gather what a verdict needs, and let the core decide
``verify_folder``    a verdict about each piece of evidence in a folder
``verify_page``      the page that checks documents in a browser, with one's own trust inside
``show``             the fields that a digest binds
``history``          entries by number
``sign_page``        the page that signs statements with passkeys
``sign``             answer a portal's request for a signature outside the browser
``signer``           what a signer is, and for whom it speaks
``sign_in``          open a session for the holder of a key, and say at each request what it may read
``login``            sign in to a server with a key of the keystore
``logout``           end that session
``agency``           agencies with their attesters and mandates
``watch``            what happens, told to readers as it happens
``audit``            replay all of it, and compare it with everything else there is
``mirror``           copy a log as files
``backup``           copy a SQLite store as of one moment
``export``           everything that a successor needs, as plain files
``import_``          a store again from an export
``import_log``       the part of it that reads the log
``rebuild``          a store again from the chain and from holders' evidence
``deploy``           put the contract on a chain
``keys``             the passphrase of a wallet whose key is imported
``files``            files that a person names, found and written
``trust``            the trust root of this log
``progress``         how long work says how far it is
``index_difference`` in which subject the index that a log signed differs from that of its entries
==================== ==============================================================================================

The commands ``wrap``, ``redact`` and ``embed`` need no journey: they hand files to ``core.document`` and
``core.evidence.pdf``. ``keys`` hands names to ``edges.keys`` mostly, ``serve`` starts ``api.main``.
"""
