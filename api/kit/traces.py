"""Spans for OpenTelemetry, if a collector is set and the extra ``otel`` is installed.

Without a collector, a span costs one look at a variable. Spans hold what the log holds: route templates and numbers,
never a path, a query or contents. FastAPI's own spans are off, because they hold paths and queries, which name parties.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from starlette.types import Scope

from ledger.errors import Malformed

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

SERVICE = "trade-ledger"
# FastAPI would make its own spans if the process had a global provider or FASTAPI_OTEL_AUTO_CONFIGURE were set.
FRAMEWORKS_OWN = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
_NOTHING: AbstractContextManager[None] = nullcontext()
_tracer: Tracer | None = None
_provider: TracerProvider | None = None


def start(endpoint: str | None) -> None:
    """Send spans to a collector (OTLP over HTTP); does nothing without one.

    :param endpoint: e.g. ``http://127.0.0.1:4318/v1/traces``.
    :raises Malformed: the packages are not installed.
    """
    if endpoint is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise Malformed("needs more packages: pip install 'trade-ledger[otel]'", "otlp_endpoint") from None
    use(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))


def use(processor: SpanProcessor) -> None:
    """Give spans to a processor, until ``stop``."""
    global _tracer, _provider  # noqa: PLW0603
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    _provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("api")


def stop() -> None:
    """Send the spans that are left, and make no more."""
    global _tracer, _provider
    _tracer, provider, _provider = None, _provider, None
    if provider is not None:
        provider.shutdown()


def span(name: str, **attributes: Any) -> AbstractContextManager[Span | None]:
    """A span within the one of this thread or task. It says nothing of an error, which may repeat what was sent."""
    if _tracer is None:
        return _NOTHING
    return _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    )


def past(name: str, begun: int, **attributes: Any) -> None:
    """A span for something that already happened, when only its end shows that it deserves one.

    :param begun: nanoseconds since 1970.
    """
    if _tracer is not None:
        _tracer.start_span(name, start_time=begun, attributes=attributes).end()


def request(scope: Scope) -> AbstractContextManager[Span | None]:
    """The span of a request, within the trace that the client named (W3C Trace Context)."""
    return _NOTHING if _tracer is None else _request(_tracer, scope)


@contextmanager
def _request(tracer: Tracer, scope: Scope) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    parent = TraceContextTextMapPropagator().extract(carrier)
    attributes = {"http.request.method": scope["method"]}
    with tracer.start_as_current_span(
        scope["method"], parent, SpanKind.SERVER, attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        yield made


def answered(made: Span | None, method: str, route: str, status: int) -> None:
    """Complete the span of a request at its end."""
    if made is not None:
        from opentelemetry.trace import StatusCode

        made.update_name(f"{method} {route}")
        made.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            made.set_status(StatusCode.ERROR)
