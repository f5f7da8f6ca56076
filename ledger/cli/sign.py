"""``ledger sign``: sign what a portal asks for, with a key of the keystore or a card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.files import read_file, write_file
from ledger.cli.inputs import Json
from ledger.cli.output import facts, print_line, report, say, show
from ledger.cli.terminal import open_app
from ledger.core.encoding.ids import Signer
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.in_words import facts_of, notes_of, sentence_of
from ledger.core.statements.signing_request import SigningAnswer, SigningRequest
from ledger.errors import Malformed
from ledger.journeys.sign import answer_of_card, card_signer, keystore_signer, sign_request


def sign(
    request: Annotated[
        str,
        typer.Argument(metavar="REQUEST", help="Address of the signing page that a portal leads to; - to read it."),
    ],
    key: Annotated[str | None, typer.Option("--key", "-k", help="Name of the key in the keystore that signs.")] = None,
    card: Annotated[
        Path | None, typer.Option(help="Public key or certificate of a card's P-256 key, instead of --key.")
    ] = None,
    digest: Annotated[
        Path | None, typer.Option(help="With --card: where to write the 32 bytes that the card is to sign.")
    ] = None,
    signature: Annotated[Path | None, typer.Option(help="With --card: what the card signed.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Sign without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Sign what a portal asks for, outside the browser: it prints the address to open, which takes the signature back.

    It shows in words what is signed, and asks. A card signs in two steps: `--digest` writes what it is to sign, and
    `--signature` takes what it signed.

    Exit 0 done, 1 refused, 2 malformed.

    Example: `ledger sign 'https://sign.example/sign#eyJ…' --key officer`
    """
    asked = SigningRequest.parse(_text(request))
    if (key is None) == (card is None):
        raise Malformed("give one of the two", "--key, --card")
    if card is None:
        if digest is not None or signature is not None:
            raise Malformed("goes with --card", "--digest" if digest is not None else "--signature")
        _show_answer(_with_key(asked, str(key), yes), as_json)
        return
    signer = card_signer(asked.origin, read_file(card))
    if (digest is None) == (signature is None):
        raise Malformed("with --card, give one of the two", "--digest, --signature")
    if signature is not None:
        _show_answer(answer_of_card(asked, signer, read_file(signature)), as_json)
        return
    assert digest is not None
    id_ = asked.statement(signer).id(asked.origin)
    _show_words(asked, signer)
    write_file(digest, id_)
    value = {"file": str(digest), "id": hex_text(id_), "signer": hex_text(signer)}
    report(digest, as_json, "For the card to sign, as it is, without another hash", value)


def _text(request: str) -> str:
    return (read_file(Path(request)).decode("ascii", "replace") if request == "-" else request).strip()


def _with_key(asked: SigningRequest, name: str, yes: bool) -> SigningAnswer:
    app = open_app()
    signer = keystore_signer(asked.origin, name, app.keystore)
    _show_words(asked, signer)
    if not yes:
        _confirm()
    return sign_request(asked, app.key(name))


def _show_words(asked: SigningRequest, signer: Signer) -> None:
    """What is signed, on stderr: standard output has the answer."""
    statement = asked.statement(signer)
    words = {fact.label: fact.value for fact in facts_of(statement)}
    more = {"History": str(asked.origin), "Signature goes to": asked.back}
    facts(f"You are about to say: {sentence_of(statement)}", words | more, beside=True)
    for note in notes_of(statement):
        say(note)


def _confirm() -> None:
    try:
        agreed = typer.confirm("Sign this?", default=False, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise Malformed("was not confirmed: nothing was signed. Give --yes where nobody can be asked", "request")


def _show_answer(answer: SigningAnswer, as_json: bool) -> None:
    value = answer.to_json() | {"address": answer.address()}
    show(as_json, value, lambda: print_line(answer.address()))
