"""Recognise a document's type by its content: the root element, the type code inside, the message name, the members.

    >>> recognise(b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>')
    Recognition(document_type=380, what='UBL Invoice')
    >>> recognise(b"%PDF-1.7")
    Recognition(document_type=None, what='a PDF, which is not read')

A wrong type would be signed. So what does not say its type is not guessed, and a file's name never counts.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from xml.parsers import expat

import orjson

from ledger.core.document.field import sniff
from ledger.core.encoding.limits import Format
from ledger.core.statements.code_names import is_document_type, type_called
from ledger.core.statements.recognition_tables import (
    CEFACT_TYPES,
    CODE_MEMBERS,
    EDIFACT_TYPES,
    NAME_MEMBERS,
    NCTS_TYPES,
    STARTS,
    UBL_CODES,
    UBL_TYPES,
    WCO_RESPONSES,
    X12_TYPES,
)

_LOOK = 1 << 16  # bytes of an XML document or a message that are looked at: the type stands near the top
_TAGS = 400
_DEPTH = 5


class Recognition(NamedTuple):
    """What a document is by its content: its UNCL 1001 code, None if it does not say it; and what was seen."""

    document_type: int | None
    what: str


def recognise(data: bytes) -> Recognition:
    """Say what a document is. Anything may be given: what cannot be read is recognised as nothing."""
    look = data[:_LOOK]
    seen = {Format.JSON: _json, Format.XML: _xml}.get(sniff(look), _opaque)(data)
    return seen or Recognition(None, _bytes_in_words(look))


# ------------------------------------------------------------------------------------------------------------- XML

_UBL = re.compile(r"urn:oasis:names:(?:specification:ubl:schema|tc:ubl):xsd:(\w+?)(?:-|:)[\d.]+")
_CEFACT = "urn:un:unece:uncefact:data:"
_FERD = "urn:ferd:CrossIndustryDocument:"
_WCO = re.compile(r"((?:.*/)?MetaData/(?:Declaration|Response)/)")
_NCTS = re.compile(r"CC(\d{3})[A-Z]")


class _Enough(Exception):
    """The type is known, or stands nowhere near the top."""


class _Look:
    """The root of an XML document, and the texts near its top by their path of local names."""

    def __init__(self) -> None:
        self.namespace, self.root = "", ""
        self.texts: dict[str, str] = {}
        self._path: list[str] = []
        self._tags = 0
        self._text: list[str] = []

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._open, self._close
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._stop
        # What was seen until something is wrong is what there is.
        with suppress(_Enough, expat.ExpatError, LookupError, ValueError):
            parser.Parse(data, False)

    def _open(self, name: str, _attributes: object) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self.root:
            self.namespace, self.root = namespace, local
        self._tags += 1
        if self._tags > _TAGS:
            raise _Enough
        self._path.append(local)
        self._text.clear()

    def _close(self, _name: str) -> None:
        if len(self._path) <= _DEPTH:
            self.texts.setdefault("/".join(self._path[1:]), "".join(self._text).strip())
        self._path.pop()
        self._text.clear()

    def _stop(self, *_declaration: object) -> None:
        raise _Enough

    def code(self, *paths: str) -> int | None:
        """The first of these texts that is a UNCL 1001 code."""
        return next((code for path in paths if (code := _code(self.texts.get(path))) is not None), None)


def _xml(data: bytes) -> Recognition | None:
    look = _Look()
    look.read(data[:_LOOK])
    root, namespace = look.root, look.namespace
    if not root:
        return None
    if ubl := _UBL.match(namespace):
        code = look.code(*UBL_CODES) or UBL_TYPES.get(ubl[1]) or UBL_TYPES.get(root)
        return Recognition(code, f"UBL {root}")
    if namespace.startswith((_CEFACT, _FERD)):
        return _cefact(look)
    if found := _wco(look) or _ncts(root):
        return found
    code = look.code("documentType", "DocumentType", "DocumentTypeCode", "TypeCode")
    return Recognition(type_called(root) if code is None else code, f"XML {root}")


def _cefact(look: _Look) -> Recognition:
    """A UN/CEFACT message: ``ExchangedDocument``, under one of its names, has the code."""
    paths = [path for path in look.texts if re.fullmatch(r"\w*ExchangedDocument/TypeCode", path)]
    return Recognition(look.code(*paths) or CEFACT_TYPES.get(look.root), f"UN/CEFACT {look.root}")


def _wco(look: _Look) -> Recognition | None:
    """A declaration or a response of the WCO Data Model; tools that read forms write ``_2MetaData``."""
    root = look.root.lstrip("_0123456789")
    # An envelope may stand around the message.
    inside = (_WCO.match(f"{root}/{path}") for path in look.texts)
    around = next((found[1].removeprefix(f"{root}/") for found in inside if found), None)
    if around is None and not look.namespace.startswith("urn:wco:datamodel:"):
        return None
    before = around or ""
    function = look.texts.get(f"{before}FunctionCode", "")
    if before.endswith("Response/") or root == "Response":
        if not function:
            return None
        return Recognition(WCO_RESPONSES.get(function.zfill(2), 961), f"WCO response, function {function}")
    said = look.texts.get(f"{before}TypeCode", "")
    code = _code(said) or {"IM": 929, "EX": 830}.get(said[:2])
    return Recognition(code, f"WCO declaration of type {said}" if said else "WCO declaration without a type")


def _ncts(name: str) -> Recognition | None:
    """A message of the transit system NCTS, by its name."""
    message = _NCTS.fullmatch(name)
    return message and Recognition(NCTS_TYPES.get(message[1]), f"NCTS {name}")


# ------------------------------------------------------------------------------------------------------------ JSON

_CBP = re.compile(r"CBP(?:3461Entry|7501EntrySummary|Section321DeMinimis)Credential")
_NUMBER = re.compile(r"(.+?)_?(?:[Nn]umber|NUMBER|[Nn]o|[Rr]eference|[Ii]d|ID)")


def _json(data: bytes) -> Recognition | None:
    try:
        value = orjson.loads(data.removeprefix(BOM_UTF8))
    except ValueError:
        return _opaque(data)
    if not isinstance(value, dict):
        return Recognition(None, "a JSON list" if isinstance(value, list) else "JSON")
    return _dcsa(value) or _members(value)


def _dcsa(value: Mapping[str, Any]) -> Recognition | None:
    """A message of the Digital Container Shipping Association."""
    if "transportDocumentTypeCode" in value:
        kind = value["transportDocumentTypeCode"]
        if "transportDocumentReference" not in value:
            return Recognition(340, f"DCSA shipping instructions for {kind}")
        return Recognition({"BOL": 705, "SWB": 710}.get(str(kind)), f"DCSA transport document {kind}")
    if "arrivalNotices" in value or "arrivalNoticeNotifications" in value:
        return Recognition(781, "DCSA arrival notice")
    if "receiptTypeAtOrigin" in value and "cargoMovementTypeAtOrigin" in value:
        confirmed = value.get("bookingStatus") == "CONFIRMED"
        return Recognition(770 if confirmed else 335, "DCSA booking" + ", confirmed" if confirmed else "DCSA booking")
    return None


def _members(value: Mapping[str, Any]) -> Recognition:
    for member in CODE_MEMBERS:
        if (code := _code(value.get(member))) is not None:
            return Recognition(code, f"JSON with {member} {code}")
    for what, name in _named(value):
        if _CBP.fullmatch(name):
            return Recognition(929, f"{what} {name}")
        if found := _ncts(name.rpartition(":")[2]):
            return found
        if (code := type_called(name)) is not None:
            return Recognition(code, f"{what} {name}")
    return _numbered(value) or Recognition(None, "JSON that does not say what it is")


def _named(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a JSON document calls itself, and where."""
    is_credential = "@context" in value
    template = value.get("$template")
    if isinstance(template, dict) and isinstance(template.get("name"), str):
        yield "TradeTrust template", template["name"]
    for holder in (value, value.get("credentialSubject")):
        if isinstance(holder, dict):
            types = holder.get("@type", holder.get("type"))
            for name in types if isinstance(types, list) else [types]:
                if isinstance(name, str):
                    yield "credential" if is_credential else "JSON of type", name
    for name in value["@context"] if is_credential and isinstance(value["@context"], list) else ():
        if isinstance(name, str):
            yield "credential under", name.rpartition("/")[2].removesuffix(".json").removesuffix("-context")
    for member in NAME_MEMBERS:
        if isinstance(value.get(member), str):
            yield f"JSON with {member}", value[member]
    holders = [name for name, held in value.items() if isinstance(held, dict | list) and not name.startswith("@")]
    if len(holders) == 1:
        yield "JSON with member", holders[0]


def _numbered(value: Mapping[str, Any]) -> Recognition | None:
    """A document by the one number that it has, such as ``invoiceNumber``; with several, one may be of another."""
    numbered = [(name, found[1]) for name in value if (found := _NUMBER.fullmatch(name))]
    if len(numbered) != 1:
        return None
    ((member, name),) = numbered
    code = type_called(name)
    return None if code is None else Recognition(code, f"JSON with {member}")


# ---------------------------------------------------------------------------------------------------------- others


def _opaque(data: bytes) -> Recognition | None:
    text = data[:_LOOK].decode("latin-1").lstrip("\ufeff\u00ef\u00bb\u00bf \t\r\n")
    if text.startswith(("UNA", "UNB", "UNH")):
        return _edifact(text)
    if text.startswith("ISA") and (st := re.search(re.escape(text[3:4]).join(("[~\r\n]\\s*ST", r"(\d{3})", "")), text)):
        return Recognition(X12_TYPES.get(st[1]), f"ANSI X12 {st[1]}")
    if text.startswith("{1:") and (message := re.search(r"\{2:[IO](\d{3})", text)):
        return Recognition(465 if message[1] in ("700", "710", "720") else None, f"SWIFT MT{message[1]}")
    return None


def _edifact(text: str) -> Recognition | None:
    """An interchange of UN/EDIFACT: the first message's name, and its document name code (segment BGM)."""
    part, element, end = (text[3], text[4], text[8]) if text.startswith("UNA") else (":", "+", "'")
    segments = [segment.strip().split(element) for segment in text.replace("\r", "").replace("\n", "").split(end)]
    message = next((item[2].split(part)[0] for item in segments if item[0] == "UNH" and len(item) > 2), None)
    if message is None:
        return None
    named = next((item[1].split(part)[0] for item in segments if item[0] == "BGM" and len(item) > 1), None)
    code = _code(named)
    return Recognition(EDIFACT_TYPES.get(message) if code is None else code, f"EDIFACT {message}")


def _bytes_in_words(look: bytes) -> str:
    for start, words in STARTS.items():
        if look.startswith(start):
            return words
    return "text or bytes of a form that is not known here"


def _code(value: object) -> int | None:
    """A UNCL 1001 code, as number or text; None if it is none."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,4}", text.strip()):
        return None
    return int(text) if is_document_type(int(text)) else None


_WRAPPED = re.compile(rb"ledger/(?:json|xml|opaque)/1 [A-Za-z0-9_-]{43}\n")
_OWN = re.compile(rb'"ledger"\s*:\s*"trade-ledger/')
_KEY = re.compile(rb'"(?:crypto|Crypto)"\s*:\s*\{[^{}]*"(?:cipher|ciphertext|kdf)"')
_END = 4096  # bytes of a file of the ledger that hold the name of its format, if its beginning does not


def own_file(data: bytes) -> str | None:
    """What a file is that the ledger wrote itself, and that is no document to declare; None for any other file."""
    if _WRAPPED.match(data):
        return "a wrapped document, which holds a seed"
    if data.startswith(b"SQLite format 3\0"):
        return "a database, such as the ledger's store"
    if data[:1] == b"{" and _KEY.search(data, 0, _END):
        return "an encrypted key"
    if data[:1] == b"{" and (_OWN.search(data, 0, _END) or _OWN.search(data, max(0, len(data) - _END))):
        return "a file of the ledger's own, such as evidence"
    return None
