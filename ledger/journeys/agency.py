"""Agency: the agencies that the council has enrolled, with their attesters and mandates, as the doors show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.core.encoding.reading import hex_text
from ledger.core.history.agencies import Agencies, Agency, Attester, Period
from ledger.core.statements.member_types import NO_END


@dataclass(frozen=True, slots=True)
class AgencyView:
    """One agency with its attesters."""

    agency: Agency
    attesters: tuple[Attester, ...]

    def to_json(self) -> dict[str, Any]:
        """For machines: times in seconds; an end that is not set is null."""
        agency = self.agency
        return {
            "code": agency.code,
            "name": agency.name,
            "jurisdiction": agency.jurisdiction,
            "uri": agency.uri,
            "active": agency.periods[-1].until == NO_END,
            "mandates": {str(kind): [_period(item) for item in spans] for kind, spans in agency.mandates.items()},
            "attesters": [
                {
                    "signer": hex_text(attester.signer),
                    "period": _period(attester.period),
                    "compromised_from": attester.compromised_from,
                }
                for attester in self.attesters
            ],
        }


def view_agencies(register: Agencies) -> list[AgencyView]:
    """All agencies, in the order in which they were enrolled."""
    return [view_agency(register, code) for code in register.agencies]


def view_agency(register: Agencies, code: str) -> AgencyView:
    """One agency; AgencyUnknown if it was never enrolled."""
    agency = register.agency(code)
    return AgencyView(agency, tuple(item for item in register.attesters.values() if item.agency == code))


def _period(period: Period) -> dict[str, int | None]:
    return {"from": period.from_, "until": None if period.until == NO_END else period.until}
