"""The door for programs: HTTP. It translates requests and answers, and decides nothing.

================== =================================================================
``main``           the API as an application: ``ledger serve``
``witness``        the witness as an application: ``ledger witness``
``routes``         what is asked and answered: ``routes/ledger``, health and figures
``portal``         pages for people
``auth``           who asks, and what he may read
``background``     anchoring and cosigning, beside the requests
``services``       what a running server has, given to routes and background
``verdicts``       verdicts for strangers, from worker processes
``judging``        one verdict, in a worker process
``status_figures`` why a server is degraded, and the figures of store and chain
``schemas``        shapes of requests and answers
``files``          shapes of the ledger's own files
``spellings``      how hex and codes are spelled, and the words for who spells them otherwise
``kit``            what every route needs, whatever its domain
================== =================================================================
"""
