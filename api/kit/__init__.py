"""What every route needs, whatever its domain. Nothing here knows a declaration.

In the order in which a request meets it:

=============== =============================================================================
``middleware``  every request watched once: id, log line, figures, span
``connections`` how many there may be, and how slow, large and many-parted what comes on them
``cors``        which other sites' pages may read answers
``headers``     headers that tell browsers what not to do with an answer
``clients``     the address of a client, and what one address may hold
``limits``      what one request, and one client, may take
``capacity``    each kind of work has threads and a queue of its own
``quota``       how much of what a client declares is stored
``tries``       how often a client address tries to sign in
``methods``     HEAD, OPTIONS and 405, alike for every path
``fast_path``   a route whose JSON body is read once
``queries``     query parameters that a route does not know are refused
``idempotency`` a request that may be sent again is done once
``queue``       one thread that does what waits for many requests
``processes``   worker processes that may be killed
``process``     the inside of such a process
``leaving``     work that ends when the client leaves
``streams``     events for many readers, by one look at their source
``errors``      one table: error class -> HTTP status, as problem details
``openapi``     what FastAPI does not say of bodies that routes read and print themselves
``logs``        log lines, each with the request that caused it
``metrics``     figures for Prometheus
``traces``      spans for OpenTelemetry
``readiness``   asking the node how it is, never for longer than the asker can wait
=============== =============================================================================
"""
