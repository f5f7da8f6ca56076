"""What every route needs, whatever its domain: errors, limits, idempotency, logs, metrics, traces, queues."""
