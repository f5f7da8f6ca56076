"""An audit report as a page to be read and kept: one file, no scripts, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ledger.core.encoding.text import when
from ledger.core.verification.verdict import Status
from ledger.journeys.audit.findings import LIMITS, AuditReport, Finding

_MEANING = {
    Status.VALID: "compared, and the same",
    Status.INVALID: "compared, and different",
    Status.ERROR: "could not be compared: nobody could say",
    Status.SKIPPED: "not compared, for the reason given",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #ddd; }
td, dd { overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; overflow-wrap: normal; }
.outcome { padding: .6rem .9rem; border-left: .4rem solid; font-weight: 600; }
.VALID { color: #14632c; } .INVALID { color: #a01616; } .ERROR { color: #8a5200; } .SKIPPED { color: #555; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
@media print { body { margin: 0; } }
"""


def page(report: AuditReport, made_at: str, seconds: float) -> str:
    """The report as HTML (UTF-8).

    :param made_at: when the audit ended, ISO 8601.
    :param seconds: how long it took.
    """
    body = [
        f"<h1>Audit of <code>{escape(report.origin)}</code></h1>",
        _outcome(report),
        *_difference(report.first_difference),
        "<h2>What was read</h2>",
        _facts(
            {
                "Made at": made_at,
                "Nodes": ", ".join(report.nodes),
                "As of block": f"{report.block} {report.block_hash}",
                "Entries": f"{report.size:,}",
                "Last entry at": when(report.last_time) if report.size else "never",
                "Head": report.head,
                "Root": report.root,
                "Index": report.index,
                "Signatures checked": f"{report.signatures:,}",
                "Took": f"{seconds} s" + (f", {report.size / seconds:,.0f} entries a second" if seconds else ""),
            }
        ),
        "<h2>Entries by kind</h2>",
        _table(
            ("kind", "entries"), ((kind.name.lower(), f"{count:,}") for kind, count in sorted(report.kinds.items()))
        ),
        "<h2>What was compared</h2>",
        _findings(report.findings),
        _facts({status.value: meaning for status, meaning in _MEANING.items()}),
        "<h2>What this audit does not show</h2>",
        "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in LIMITS) + "</ul>",
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Audit of {escape(report.origin)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def _outcome(report: AuditReport) -> str:
    different, unknown = report.with_status(Status.INVALID), report.with_status(Status.ERROR)
    if different:
        words, status = f"{len(different)} of {len(report.findings)} comparisons found a difference.", Status.INVALID
    elif unknown:
        words, status = f"{len(unknown)} of {len(report.findings)} comparisons could not be made.", Status.ERROR
    else:
        words, status = "Every comparison held.", Status.VALID
    return f'<p class="outcome {status.value}">{words}</p>'


def _difference(first: Finding | None) -> Iterable[str]:
    if first is None:
        return
    yield "<h2>The first difference</h2>"
    sides = {"Compared": first.name, "Finding": first.words}
    if first.number is not None:
        sides["Entry"] = str(first.number)
    yield _facts(sides | {"Expected": first.expected, "Found": first.found} if first.expected else sides)


def _findings(findings: Iterable[Finding]) -> str:
    rows = "".join(
        f'<tr><td class="{item.status.value}">{item.status.value}</td><td>{escape(item.name)}</td>'
        f"<td>{escape(item.words)}</td></tr>"
        for item in findings
    )
    return f"<table><thead><tr><th></th><th>compared</th><th>finding</th></tr></thead><tbody>{rows}</tbody></table>"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _facts(values: dict[str, str]) -> str:
    return (
        "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in values.items()) + "</dl>"
    )
