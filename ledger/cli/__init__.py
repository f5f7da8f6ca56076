"""The door for people at a terminal: ``ledger COMMAND``. Colours and tables for them, ``--json`` for machines.

Each command has the file of its name; ``agency``, ``council``, ``keys``, ``proof``, ``reference`` and
``share`` are groups. Beside them:

==================== ==============================================================================
``terminal``         the app of one command, and asking for passphrases
``inputs``           what a command is given on its line: options that many share, ids, times
``held``             the evidence that a command is given
``files``            the files that a command reads and writes
``chosen``           which declarations a command is about: ids, lists, filters
``comparison``       a plain file beside evidence, field by field
``output``           what a command prints, and its exit code
``visible``          text of others made harmless to print
``streams``          standard output and error that never end a command
``plain``            the option ``--plain``, which every command has
``audit_page``       an audit report as a page
``serving``          what ``serve`` and ``witness`` share
``evidence_folder``  the evidence of all declared files
``verify_folder``    a line for each piece of evidence in a folder
``installed``        commands of other packages
==================== ==============================================================================

Exit codes: 0 done or good, 1 refused or not good, 2 malformed input, 3 nobody could say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from ledger import __version__
from ledger.cli import (
    agency,
    attest,
    audit,
    backup,
    completion,
    council,
    declare,
    deploy,
    embed,
    evidence,
    export,
    find,
    history,
    import_,
    inbox,
    keys,
    login,
    logout,
    mirror,
    post,
    proof,
    qr,
    rebuild,
    redact,
    reference,
    revoke,
    serve,
    share,
    show,
    sign,
    sign_page,
    signer,
    status,
    trust,
    unwrap,
    verify,
    verify_page,
    withdraw,
    witness,
    wrap,
)
from ledger.cli import help as help_
from ledger.cli import print as print_page
from ledger.cli.files import carries_a_file
from ledger.cli.installed import add_installed
from ledger.cli.output import exit_code, explain, explain_fault, failure_json, print_line, say, use_plain
from ledger.cli.plain import Plain, show_plain, without_plain
from ledger.cli.streams import guarded
from ledger.errors import LedgerError

_FAULT = 3

app = typer.Typer(
    name="ledger",
    help="Declare, attest, verify and audit trade documents on a blockchain-backed ledger.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
# In the order in which `ledger --help` lists them.
_COMMANDS: dict[str, Callable[..., None]] = {
    "wrap": wrap.wrap_,
    "unwrap": unwrap.unwrap_,
    "redact": redact.redact_,
    "declare": declare.declare,
    "status": status.status,
    "find": find.find,
    "evidence": evidence.evidence,
    "verify": verify.verify,
    "verify-page": verify_page.verify_page_,
    "show": show.show_,
    "embed": embed.embed_,
    "qr": qr.qr_,
    "print": print_page.print_,
    "withdraw": withdraw.withdraw,
    "inbox": inbox.inbox,
    "attest": attest.attest,
    "revoke": revoke.revoke,
    "post": post.post,
    "history": history.history,
    "sign": sign.sign,
    "sign-page": sign_page.sign_page_,
    "signer": signer.signer,
    "login": login.login,
    "logout": logout.logout,
    "audit": audit.audit,
    "witness": witness.witness,
    "mirror": mirror.mirror,
    "deploy": deploy.deploy,
    "trust": trust.trust,
    "serve": serve.serve,
    "backup": backup.backup,
    "rebuild": rebuild.rebuild_,
    "export": export.export,
    "import": import_.import_,
    "help": help_.help_,
    "completion": completion.completion,
}
_GROUPS = {
    "keys": keys.keys,
    "agency": agency.agency,
    "council": council.council,
    "proof": proof.proof,
    "reference": reference.reference,
    "share": share.share,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)
add_installed(app, _COMMANDS.keys() | _GROUPS.keys())
show_plain(app)


def _version(wanted: bool) -> None:
    if wanted:
        print_line(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
    plain: Plain = False,
) -> None:
    """Declare, attest, verify and audit trade documents on a blockchain-backed ledger."""


def main() -> None:
    """Entry point; every ledger error becomes one clear line and an exit code.

    What cannot be written changes no exit code (``streams``). An error that nobody expected is no verdict: it exits
    with 3.
    """
    with guarded():
        code = _run()
    sys.exit(code)


def _run() -> int | str | None:
    is_plain, words = without_plain(sys.argv[1:])
    use_plain(is_plain)
    app.rich_markup_mode = None if is_plain else "markdown"
    try:
        app(words, prog_name=completion.PROGRAM)
    except SystemExit as ended:
        return ended.code
    except LedgerError as error:
        if "--json" in sys.argv:
            (say if carries_a_file(sys.argv[1:]) else print_line)(failure_json(error))
        else:
            explain(error)
        return exit_code(error)
    except Exception as error:
        explain_fault(error)
        return _FAULT
    return 0
