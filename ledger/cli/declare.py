"""``ledger declare``: wrap, sign and anchor documents as a party."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.app import App
from ledger.cli.files import TYPE_TABLE, read_as
from ledger.cli.inputs import Api, FormatName, Json, KeyName, ServerTrust, declaration_id, type_code
from ledger.cli.output import bar, lines, print_line, say, show
from ledger.cli.terminal import open_app, open_service
from ledger.core.encoding.reading import hex_text
from ledger.core.statements.code_lists import type_in_words
from ledger.core.statements.type_table import read_type_table
from ledger.errors import Malformed, Unavailable
from ledger.journeys.declare import Declared, Rejected, declare_files
from ledger.journeys.file_map import FILE_MAP, FileMap, read_file_map
from ledger.journeys.folder import LeftOut
from ledger.journeys.progress import no_progress
from ledger.journeys.service import Anchored, LedgerService
from ledger.journeys.sources import Sources, TypeOf, replaced_ids, sources_of

_SHOWN = 100  # files that are listed one by one


def declare(
    key: KeyName,
    paths: Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of documents.")] = None,
    document_type: Annotated[
        str | None,
        typer.Option("--type", "-t", help='UNCL 1001 code or name, e.g. 380 or "invoice"; else by content.'),
    ] = None,
    type_from: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="CSV of file, type and perhaps format, or JSON: names or patterns of files, such as "
            "*.pdf,certificate of origin or *.rtf,contract,opaque; the type - leaves files out.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            help="JSON list of {file, type}, perhaps with format and replaces; file names are relative to its folder."
        ),
    ] = None,
    format_: FormatName = None,
    folder: Annotated[Path, typer.Option("--output", "-o", help="Folder for wrapped documents.")] = Path("declared"),
    replaces: Annotated[
        str | None,
        typer.Option(help="What a single file replaces, by its id or by its name in the map; it must be known."),
    ] = None,
    anchor: Annotated[
        bool,
        typer.Option(
            help="Anchor now, or wait until the server has; without, they are handed in and wait for `ledger serve`."
        ),
    ] = True,
    api: Api = None,
    trust: ServerTrust = None,
    as_json: Json = False,
) -> None:
    """Declare documents as a party: wrap, sign, and anchor them in batches, here or through a server.

    A folder is taken with all folders in it. Types are told by content, such as a UBL Invoice, and listed; what does
    not say its type is asked for. Wrapped documents, hidden files and lock files are left out. The map `files.json` in
    the output folder says which file is which id; `ledger evidence --all` reads it.

    Documents never leave this machine, nor do keys. An interrupted run that is started again goes on, and what is
    declared already is not declared again.

    Example: `ledger declare shipment/ --key trader`

    Example: `ledger declare shipment/ --type-from types.csv --key trader --api https://ledger.example`
    """
    app = open_app()
    types = TypeOf(
        None if type_from is None else read_as(TYPE_TABLE, type_from, read_type_table),
        None if document_type is None else type_code(document_type),
    )
    service = open_service(app, api, trust=trust, key=key)
    known = read_file_map(folder)
    sources = sources_of(
        paths or [],
        types,
        index=index,
        format_=format_,
        aside=_aside(app, folder, index, type_from),
        copies=None if known is None else known.copies(),
    )
    if replaces is not None:
        if len(sources.files) != 1:
            raise Malformed("needs exactly one file", "--replaces")
        replaced = declaration_id(replaces, "--replaces", folder)
        sources = replace(sources, files=(replace(sources.files[0], replaces=replaced, replaces_file=None),))
    for id_ in replaced_ids(sources.files):
        service.declaration(id_)
    files = FileMap.read(folder, service.origin)  # the service is believed before a key is opened, and before the bar
    if anchor and not service.is_server and not app.has_anchor_key:
        name = app.anchor_key_name
        raise Malformed(
            f"there is no key {name} here to pay for the anchor: `ledger keys new {name}`; or use --no-anchor, "
            "for `ledger serve` to anchor it; or through a server, --api URL", "--anchor",
        )  # fmt: skip
    run = _Run(app, key, service, folder, files, sources)
    run.declare(anchor)
    show(as_json, run.value, run.show)
    if run.rejected or any(item.is_refused for item in run.left_out):
        raise typer.Exit(2)


def _aside(app: App, *paths: Path | None) -> list[Path]:
    """What is no document wherever it lies: output, state, keys, passphrase, and the files that say what is what."""
    settings = app.settings
    own = (settings.state_dir, settings.keystore_dir, settings.passphrase_file, Path("ledger.toml"))
    return [path for path in (*paths, *own) if path is not None]


class _Run:
    """One run: what became of each file, and where it waits."""

    def __init__(
        self, app: App, key: str, service: LedgerService, folder: Path, files: FileMap, sources: Sources
    ) -> None:
        self._app, self._key, self._service = app, key, service
        self._folder, self._files, self._sources = folder, files, sources
        self.done: list[Declared] = []
        self.rejected: list[Rejected] = []
        self.left_out: list[LeftOut] = list(sources.left_out)
        self._batches: list[Anchored] = []
        self._anchored = False
        self._waits: Unavailable | None = None

    def declare(self, anchor: bool) -> None:
        sources, party = self._sources.files, self._app.key(self._key)
        with bar() as progress:
            task = progress.add_task("declaring", total=len(sources))
            try:
                for item in declare_files(
                    sources, self._folder, party, self._service, lambda: secrets.token_bytes(32), self._files
                ):
                    progress.advance(task)
                    self._note(item)
            except Unavailable as error:
                raise Unavailable(f"{error}; {self._so_far(len(sources))}", source=error.source) from None
            except KeyboardInterrupt:
                say(f"Interrupted; {self._so_far(len(sources))}")
                raise
            if anchor and self.done:
                progress.update(task, description="anchoring")
                self._anchor()

    def _so_far(self, of: int) -> str:
        done = f"{len(self.done)} of {of} files are declared, and none is lost"
        return f"{done}: start the same command again, and it goes on"

    def _note(self, item: Declared | Rejected | LeftOut) -> None:
        if isinstance(item, Declared):
            self.done.append(item)
        elif isinstance(item, Rejected):
            self.rejected.append(item)
        else:
            self.left_out.append(item)

    def _anchor(self) -> None:
        try:
            self._batches = self._service.anchor([item.id for item in self.done], no_progress)
            self._anchored = True
        except Unavailable as error:
            if not self._service.is_server:
                raise
            self._waits = error

    @property
    def value(self) -> dict[str, Any]:
        """What became of the files, for machines."""
        return {
            "declarations": [
                {
                    "file": item.source.name,
                    "type": item.declaration.document_type,
                    "type_in_words": type_in_words(item.declaration.document_type),
                    "type_by": item.why,
                    "id": hex_text(item.id),
                    "digest": hex_text(item.declaration.digest),
                    "wrapped": str(item.wrapped),
                    "new": item.is_new,
                }
                for item in self.done
            ],
            "rejected": [{"file": item.source.name, "error": str(item.error)} for item in self.rejected]
            + [{"file": item.name, "error": item.why} for item in self.left_out if item.is_refused],
            "left_out": [{"file": item.name, "why": item.why} for item in self.left_out if not item.is_refused],
            "map": str(self._folder / FILE_MAP),
            "service": self._service.name,
            "anchored": self._anchored,
            "batches": [
                {"root": hex_text(batch.root), "size": batch.size, **batch.transaction} for batch in self._batches
            ],
        }

    def show(self) -> None:
        """What became of the files, for people."""
        self._show_declared()
        value = self.value
        _show_others("Left out", [(item["file"], item["why"]) for item in value["left_out"]])
        refused = [(item["file"], _without(item["file"], item["error"])) for item in value["rejected"]]
        _show_others("Not declared", refused)
        new = sum(item.is_new for item in self.done)
        counts = f"{new} new, {len(self.done) - new} known, {len(value['left_out'])} left out"
        print_line(f"{counts}, {len(value['rejected'])} not declared. Which file is which id: {value['map']}")
        if self.done:
            self._show_batches(value)

    def _show_declared(self) -> None:
        if len(self.done) > _SHOWN:
            count = Counter((item.declaration.document_type, item.is_new) for item in self.done)
            rows: list[Sequence[object]] = [
                (f"{kind} {type_in_words(kind)}", "new" if is_new else "known", number)
                for (kind, is_new), number in sorted(count.items())
            ]
            lines(f"Declared {len(self.done)} files", ("type", "", "files"), rows)
            return
        shown = [
            (
                item.source.name,
                f"{item.declaration.document_type} {type_in_words(item.declaration.document_type)}",
                item.why,
                "new" if item.is_new else "known",
                hex_text(item.id),
            )
            for item in self.done
        ]
        if shown:
            lines("Declared", ("file", "type", "by", "", "declaration id"), shown)

    def _show_batches(self, value: dict[str, Any]) -> None:
        batches, at = value["batches"], value["service"]
        others = sum(batch["size"] for batch in batches) - len(self.done)
        if len(batches) > 1:
            print_line(
                f"{len(batches)} batches, for one has at most {self._app.settings.anchor_batch_size} declarations"
            )
        if others > 0:
            print_line(f"{others} declarations that waited here before are in them too")
        if self._anchored and not batches and value["service"] == "here":
            print_line("Nothing waited for a batch: all of them are in one already")
        for batch in batches:
            gas = f", {batch['gas']} gas, {batch['gas'] // batch['size']} a document" if "gas" in batch else ""
            print_line(f"batch of {batch['size']} anchored under root {batch['root']}{gas}")
        if self._waits is not None:
            print_line(f"Not anchored yet: {self._waits}")
        elif not self._anchored and not any(item.is_new for item in self.done):
            print_line("Nothing is new: `ledger status ID` says where each of them stands.")
        elif not self._anchored:
            where = "in this store for `ledger serve`, or for the next `ledger declare`"
            if value["service"] != "here":
                where = f"at {at} for its anchorer"
            print_line(f"Nothing is anchored: what is declared waits {where}. `ledger status ID` says more.")
        elif value["service"] != "here":
            print_line(f"{at} has taken them in and anchored them")


def _without(name: str, error: str) -> str:
    """An error beside the name of its file."""
    return error.removeprefix(name).removeprefix(":").strip()


def _show_others(title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        shown = list(rows[:_SHOWN])
        if len(rows) > _SHOWN:
            shown.append(("…", f"and {len(rows) - _SHOWN} more: --json has all"))
        lines(title, ("file", "why"), shown)
