"""Edges: I/O without decisions. They move bytes and turn what goes wrong outside into the errors of the product.

================== ====================================================================
``chain``          the contract on its chain, through a node
``store``          the operator's database
``keys``           encrypted key files, and signing
``profiles``       what this machine's user knows of a server, and his session there
``export``         an export as files: written, and read
``witness_http``   a witness that is asked to cosign
``http``           HTTP sessions that nothing but a setting leads through a proxy
``web``            any other web server: bounded in size and time
``server_api``     the API of a server: its answers, and its errors as the product's own
``published_log``  a log where it is served: its checkpoint, and the pages of its index
``mirror_folder``  the files of a mirrored log
``replay_memory``  what a long replay must remember, on disk
``subject_lists``  what a long replay says of subjects, sorted on disk
``replay_index``   the index of subjects of a long replay, on disk
``signature_pool`` signatures checked on all processors
``whole_file``     files that are replaced as a whole
``file_lock``      a lock on a file, held by one process at a time
``devchain``       an embedded chain, to try things out
================== ====================================================================
"""
