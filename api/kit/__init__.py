"""What every route needs, whatever its domain. Nothing here knows a declaration.

In the order in which a request meets it:

=============== =================================================================================
``middleware``  every request watched once: id, log line, figures, span
``limits``      what one request, and one client, may take
``fast_path``   a route whose JSON body is read once
``idempotency`` a request that may be sent again is done once
``queue``       one thread that does what waits for many requests
``processes``   worker processes that may be killed
``process``     the inside of such a process
``leaving``     work that ends when the client leaves
``streams``     events for many readers, by one look at their source
``errors``      one table: error class -> HTTP status, as problem details
``logs``        log lines, each with the request that caused it
``metrics``     figures for Prometheus
``traces``      spans for OpenTelemetry
``readiness``   asking the node how it is, never for longer than the asker can wait
=============== =================================================================================
"""
