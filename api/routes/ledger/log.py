"""The history as a log for everybody to mirror: checkpoints, tiles and entries as C2SP tlog-tiles lays them out, and
beside the tiles the pages of the index of subjects.

Only what a checkpoint covers is served. With that checkpoint every byte can be checked, so any static file server may
serve the same files: ``ledger mirror`` fetches them.
"""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.exceptions import HTTPException

from api.kit.capacity import Kind, of_kind
from api.kit.errors import documented
from api.kit.openapi import BYTES, OCTETS, TEXT
from api.services import Injected
from ledger.core.checkpoints.note import SignedNote
from ledger.core.tree.index_files import PageName
from ledger.core.tree.tile_files import TileName, bundle
from ledger.core.tree.tiles import TILE_HEIGHT, TILE_WIDTH
from ledger.errors import Malformed
from ledger.journeys.checkpoint import newest_checkpoint
from ledger.journeys.index import published_page

router = APIRouter(prefix="/v1/log", tags=["log"])
NOTE = "text/plain; charset=utf-8"
# A checkpoint soon has a successor and gains cosignatures. A tile never changes, partial or full: its name says it all.
SOON, NEVER = {"Cache-Control": "max-age=2"}, {"Cache-Control": "public, max-age=31536000, immutable"}
_ORIGIN = (
    "eip155:31337:0x5fbdb2315678afecb367f032d93f642f64180aa3:"
    "6a9d1d1b0c4b0b1f6f6e1c6f3ce7c3f8a2a9d9a1a4f0e5d4c3b2a19088776655"
)
_CHECKPOINT = (
    f"{_ORIGIN}\n"
    "20\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    f"\u2014 {_ORIGIN} Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO"
    "oRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def _text(description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": description, "content": {"text/plain": {**TEXT["text/plain"], "example": _CHECKPOINT}}}
    }


def _octets(description: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": OCTETS}}


@router.get(
    "/checkpoint",
    summary="The newest checkpoint",
    response_class=Response,
    responses=_text("A signed note with the cosignatures that it has") | documented(404, 503),
)
@of_kind(Kind.READS)
def get_newest(services: Injected) -> Response:
    """C2SP tlog-checkpoint: origin, size and root, signed by the log and cosigned by witnesses."""
    with services.app.follower.known_history() as history:
        note = newest_checkpoint(history, services.store)
    if note is None:
        raise HTTPException(404, "no checkpoint was published yet")
    return Response(str(note), headers=SOON, media_type=NOTE)


@router.get(
    "/checkpoints/{size}",
    summary="The checkpoint of a size",
    response_class=Response,
    responses=_text("A signed note") | documented(404, 422, 503),
)
@of_kind(Kind.READS)
def get_checkpoint(size: Annotated[int, Path(ge=0, lt=1 << 63, examples=[20])], services: Injected) -> Response:
    """Every checkpoint that was ever published is kept."""
    note = services.store.checkpoints.get(size)
    if note is None:
        raise HTTPException(404, "no checkpoint of this size was published")
    return Response(str(note), headers=SOON, media_type=NOTE)


@router.get(
    "/tile/entries/{index:path}",
    summary="A bundle of entries",
    response_class=Response,
    responses=_octets("Up to 256 entries, each with its length (2 bytes) before it") | documented(404, 422, 503),
)
@of_kind(Kind.READS)
def get_bundle(
    index: Annotated[str, Path(description="e.g. x001/234, or 000.p/20", examples=["000.p/20"])],
    services: Injected,
    request: Request,
) -> Response:
    """The bytes of up to 256 entries. Their RFC 9162 leaf hashes are the level 0 tile of the same number."""
    name = _name(f"tile/entries/{index}")
    with services.app.follower.known_history() as history:
        _check_published(newest_checkpoint(history, services.store), name)
        first = name.index * TILE_WIDTH
        data = bundle(item.entry.data for item in services.store.entries.read(first, first + name.width))
    headers = NEVER | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(gzip.compress(data, mtime=0), headers=headers | {"Content-Encoding": "gzip"}, media_type=BYTES)
    return Response(data, headers=headers, media_type=BYTES)


@router.get(
    "/tile/{level}/{index:path}",
    summary="A tile of the hash tree",
    response_class=Response,
    responses=_octets("Up to 256 hashes of 32 bytes") | documented(404, 422, 503),
)
@of_kind(Kind.READS)
def get_tile(
    level: Annotated[str, Path(description="Level, 0 being the leaf hashes", examples=["0"])],
    index: Annotated[str, Path(description="e.g. x001/234, or 000.p/20", examples=["000.p/20"])],
    services: Injected,
) -> Response:
    """C2SP tlog-tiles: 256 hashes, each of a complete subtree of 256 to the power of `level` entries."""
    name = _name(f"tile/{level}/{index}")
    with services.app.follower.known_history() as history:
        _check_published(newest_checkpoint(history, services.store), name)
        data = history.log.tile(name.level or 0, name.index, name.width)
    return Response(data, headers=NEVER, media_type=BYTES)


@router.get(
    "/index/{size}/{prefix}",
    summary="A page of the index of subjects",
    response_class=Response,
    responses=_octets("Keys with the numbers of their entries, or the hashes of the 16 parts of the page")
    | documented(404, 422, 503),
)
@of_kind(Kind.READS)
def get_page(
    size: Annotated[str, Path(description="The size of a checkpoint", examples=["20"])],
    prefix: Annotated[
        str, Path(description="The first hexadecimal digits of keys, or `root` for the first page", examples=["root"])
    ],
    services: Injected,
) -> Response:
    """Of the newest checkpoints: whoever has one can find the entries about a subject, and sees that they are all."""
    try:
        name = PageName.parse(f"index/{size}/{prefix}")
    except Malformed:
        raise HTTPException(404, "there is no such page") from None
    data = published_page(services.store, name)
    if data is None:
        raise HTTPException(404, "no checkpoint has this page, or it is not kept any more")
    return Response(data, headers=NEVER, media_type=BYTES)


def _name(path: str) -> TileName:
    try:
        return TileName.parse(path)
    except Malformed:
        raise HTTPException(404, "there is no such tile") from None


def _check_published(note: SignedNote | None, name: TileName) -> None:
    """404 for a tile that no checkpoint covers: it may still change, and nobody could check it."""
    covered = 0 if note is None else note.checkpoint.size >> TILE_HEIGHT * (name.level or 0)
    if name.index * TILE_WIDTH + name.width > covered:
        raise HTTPException(404, "no checkpoint covers this tile yet")
