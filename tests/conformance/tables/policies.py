"""What a policy demands."""

from __future__ import annotations

import json
from typing import Any

from ledger.core.document import Format, disclose, redact, wrap
from ledger.testing.world import CUSTOMS
from tests.conformance.parts import (
    BAD,
    BROKEN,
    GOOD,
    INVOICE,
    OPEN,
    attested,
    case,
    policy,
    requirement,
    shipment,
)


def policies() -> None:
    made = attested()
    last = made.world.history.last_time
    cosigned = made.world.now

    def asked(name: str, about: str, code: int, *failed: str, at: int = made.world.now, **members: Any) -> None:
        content = policy(**{key: item for key, item in members.items() if item is not ...})
        if ... in members.values():
            value = json.loads(content)
            for key in [key for key, item in members.items() if item is ...]:
                value.pop(key)
            content = json.dumps(value).encode()
        full = f"policy_{name}" + ("_fail" if code else "")
        case(full, about, made, policy=content, at=at, exit=code, failed=failed)

    asked("met", "kind, jurisdiction and outcome as demanded", GOOD, require=[requirement(851, ("NL", "NZ"), (1, 2))])
    asked("kind", "another kind is demanded", BAD, "policy", require=[requirement(861)])
    asked("jurisdiction", "another jurisdiction is demanded", BAD, "policy", require=[requirement(851, ("NL",))])
    asked("outcome", "another outcome is demanded", BAD, "policy", require=[requirement(851, (), (8,))])
    asked("one_of_two", "two are demanded, one is there", BAD, "policy", require=[requirement(851), requirement(132)])
    asked("skipped_refused", "nothing may be unknown", OPEN, allow_skipped=False)
    asked("more_witnesses", "three are demanded, the trust root has two", BAD, "witnesses", witnesses=3)
    asked("fewer_witnesses_does_not_lower", "the trust root's two still count", GOOD, witnesses=0)
    asked("fresh", "as old as it may be, by the witnesses' time", GOOD, at=cosigned + 3600, max_age=3600)
    asked("stale", "a second older than it may be", BAD, "freshness", at=cosigned + 3601, max_age=3600)
    asked("max_age_negative", "an age below nothing", BROKEN, max_age=-1)
    asked("max_age_true", "true for a number", BROKEN, max_age=True)
    asked("tolerance_beyond_a_day", "a tolerance of more than a day", BROKEN, clock_tolerance=86_401)
    asked("kind_as_text", "a kind in quotes", BROKEN, require=[requirement("851")])  # type: ignore[arg-type]
    asked("jurisdiction_lower_case", "a jurisdiction that is none", BROKEN, require=[requirement(851, ("nz",))])
    asked("member_missing", "no witnesses member", BROKEN, witnesses=...)
    asked("member_unknown", "a member that the format has not", BROKEN, comment="fine")
    lonely = attested()
    lonely.world.witnesses.clear()
    evidence, trust = lonely.evidence().to_bytes(), lonely.world.trust.to_bytes()
    for name, seconds, code in [("fresh_by_the_last_entry", 3600, GOOD), ("stale_by_the_last_entry_fail", 3601, BAD)]:
        case(
            f"policy_{name}",
            "no witness vouches for a later time",
            lonely,
            evidence=evidence,
            trust=trust,
            at=last + seconds,
            policy=policy(max_age=3600),
            exit=code,
            failed=("freshness",) if code else (),
        )
    _refusals()
    _shown_fields()
    case("policy_not_json_fail", "a policy that is no JSON", made, policy=b"{", exit=BROKEN)


def refusal(kind: int, *outcomes: int) -> dict[str, Any]:
    return {"kind": kind, "outcomes": list(outcomes)}


def _refusals() -> None:
    """Customs detained the goods; plant health accepted them."""
    made = shipment()
    made.attest()
    made.attest(CUSTOMS, "NZ-CUSTOMS", 132, outcome=7)
    for name, about, items, failed in [
        ("none_of_the_kind", "another kind is refused", [refusal(861, 8)], ()),
        ("another_outcome", "the kind is there with another outcome", [refusal(132, 5, 25), refusal(851, 8)], ()),
        ("in_force", "detained, as the policy refuses", [refusal(132, 5, 7)], ("refusal",)),
        ("one_of_two", "the second item refuses what is there", [refusal(851, 8), refusal(132, 7)], ("refusal",)),
        ("any_adverse", "no outcome listed: every adverse one", [refusal(132)], ("refusal",)),
        ("favourable_is_not_adverse", "no outcome listed, and the one there is favourable", [refusal(851)], ()),
        ("favourable_refused", "a favourable outcome can be refused too", [refusal(851, 1)], ("refusal",)),
    ]:
        code = BAD if failed else GOOD
        full = f"policy_refuses_{name}" + ("_fail" if code else "")
        case(full, about, made, policy=policy(refuse=items), exit=code, failed=failed)
    strict = policy(refuse=[refusal(861, 8)], allow_skipped=False)
    case("policy_refuses_and_allows_nothing_unknown_fail", "absence cannot be shown", made, policy=strict, exit=OPEN)
    before = made.world.now - 90
    case(
        "policy_refuses_what_came_later",
        "detained after that time",
        made,
        policy=policy(refuse=[refusal(132)]),
        at=before,
    )
    for name, about, item in [
        ("text", "a kind in quotes", refusal("132", 7)),  # type: ignore[arg-type]
        ("jurisdictions", "a member that refusals have not", {**refusal(132, 7), "jurisdictions": []}),
    ]:
        case(f"policy_refuses_{name}_fail", about, made, policy=policy(refuse=[item]), exit=BROKEN)


CONSIGNEE, WEIGHT = "$.consignee", "$.goods[*]['net mass']"


def _shown_fields() -> None:
    made = attested()
    wrapped, partly = made.document.to_bytes(), redact(made.document, [CONSIGNEE, WEIGHT])
    kept = {"document": partly.to_bytes()}
    shut = made.evidence(disclose(made.document, [])).to_bytes()
    within = made.evidence(partly).to_bytes()
    other = wrap(b'{"certificate":"NZL2026/TGA/0002"}', Format.JSON, bytes(32)).to_bytes()
    for name, about, members, files in [
        ("all", "the owner's copy shows all", {"show": [CONSIGNEE, WEIGHT], "max_hidden": 0}, {"document": wrapped}),
        ("demanded", "what is demanded is not hidden", {"show": ["$.certificate", "$..cartons"]}, kept),
        ("as_many_hidden_as_allowed", "three fields are hidden", {"max_hidden": 3}, kept),
        ("by_evidence", "the evidence discloses it", {"show": ["$.goods[0].hs"], "max_hidden": 3}, {"evidence": within}),
        ("inside_a_container", "a field inside is enough", {"show": ["$.goods"]}, kept),
        ("anything", "the whole document, of which something is shown", {"show": ["$"]}, kept),
        ("by_quoted_names", "names in either quotes", {"show": ["$[\"goods\"][0]['name']", "$['goods'][*][*]"]}, kept),
    ]:  # fmt: skip
        case(f"policy_shows_{name}", about, made, policy=policy(**members), **files)  # type: ignore[arg-type]
    for name, about, members, files, failed in [
        ("hidden", "a demanded field is hidden", {"show": ["$.certificate", WEIGHT]}, kept, ("shown",)),
        ("more_hidden_than_allowed", "three fields are hidden", {"max_hidden": 2}, kept, ("shown",)),
        ("no_document", "no document, and none disclosed", {"show": ["$.certificate"]}, {}, ("shown",)),
        ("no_document_to_count", "no document whose hidden fields could be counted", {"max_hidden": 99}, {}, ("shown",)),
        ("disclosed_nothing", "the evidence tells only how many", {"show": ["$"]}, {"evidence": shut}, ("shown",)),
        ("disclosed_too_little", "the evidence tells only how many", {"max_hidden": 1}, {"evidence": shut}, ("shown",)),
        ("another_document", "the field is in another document", {"show": ["$.certificate"]}, {"document": other},
         ("document", "shown")),
        ("hidden_in_the_copy", "the copy counts, not the evidence", {"show": [CONSIGNEE]},
         {**kept, "evidence": made.evidence(redact(made.document, [])).to_bytes()}, ("shown",)),
        ("path_of_xml", "a path of another format", {"show": ["//certificate"]}, kept, ("shown",)),
        ("name_that_is_none", "no such field", {"show": ["$.Certificate"]}, kept, ("shown",)),
    ]:  # fmt: skip
        more = {"policy": policy(**members), "exit": BAD, "failed": failed, **files}  # type: ignore[arg-type]
        case(f"policy_shows_{name}_fail", about, made, **more)
    invoice = attested(content=INVOICE, format_=Format.XML)
    copy = redact(invoice.document, ["//Line"]).to_bytes()
    for name, about, patterns, code in [
        ("xml", "names, positions, texts", ["/Invoice/ID", "//{urn:example:invoice}Note[2]/text()", "//*[4]"], GOOD),
        ("xml_position_fail", "the note is the second child", ["//Note[1]"], BAD),
        ("xml_hidden_fail", "an attribute that is hidden", ["//ID", "//Price/@currency"], BAD),
        ("xml_attribute_fail", "an element by this name, and no attribute", ["//@ID"], BAD),
    ]:
        failed = ("shown",) if code else ()
        case(
            f"policy_shows_{name}",
            about,
            invoice,
            document=copy,
            policy=policy(show=patterns),
            exit=code,
            failed=failed,
        )
    for name, about, members in [
        ("no_pattern", "a pattern that begins with a name", {"show": ["certificate"]}),
        ("long_pattern", "a pattern of 257 characters", {"show": ["$." + "a" * 255]}),
        ("many_patterns", "17 patterns", {"show": ["$"] * 17}),
        ("pattern_in_no_list", "a pattern that is not in a list", {"show": "$"}),
        ("hidden_below_zero", "fewer than none", {"max_hidden": -1}),
    ]:  # fmt: skip
        case(f"policy_shows_{name}_fail", about, made, policy=policy(**members), exit=BROKEN)  # type: ignore[arg-type]
