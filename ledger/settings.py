"""Settings come from the environment (``LEDGER_…``) and a TOML file; the environment wins. See ``docs/settings.md``.

``Settings`` is a plain value. ``load_settings`` reads environment and file when it is called.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ledger.errors import Malformed

PREFIX = "LEDGER_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
DEFAULT_FILE = Path("ledger.toml")
_KEY_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_ORIGIN = r"^eip155:[1-9][0-9]{0,77}:0x[0-9a-f]{40}:[0-9a-f]{64}$"
_STORE_URL = re.compile(r"sqlite:///(?!:memory:$).+|postgresql(\+\w+)?://.+")
_SITE = r"^(https://[A-Za-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?$"
_SIGN_URL = _SITE.removesuffix("$") + r"(/[A-Za-z0-9._~/-]{0,200})?$"
_ORIGINS = r"https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?"
_SIGNER = r"0x([0-9a-fA-F]{2}){20,128}"
_SIGNERS = rf"^({_SIGNER}( {_SIGNER})*)?$"
_SIGNERS_WORDS = "signers (0x and 40 to 256 hex digits), with a space between"
_NAMED = "the name of a key in the keystore"
_PATH = "a path"
_MISTYPED = 0.8  # how alike two names must be for one to be a slip of the other


def _setting(description: str, default: Any = None, permitted: str | None = None, **more: Any) -> Any:
    """A field with its description.

    :param permitted: permitted values in words, unless ``ge`` and ``le`` say them.
    :param unset: what holds when the setting is not set, in words, unless ``default`` says it.
    """
    words = {"permitted": permitted, "unset": more.pop("unset", None)}
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=description, json_schema_extra=words, **more)


class Settings(BaseModel):
    """Everything that can be set. Secrets are never printed; relative paths start at the working directory."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)

    rpc_url: str = _setting(
        "JSON-RPC address of the chain's node. It may hold an access key, so it is never shown.",
        "http://127.0.0.1:8545", "an address with http:// or https://", pattern=r"^https?://[^\s/]+\S*$", repr=False,
    )  # fmt: skip
    second_rpc_url: str | None = _setting(
        "JSON-RPC address of a second node of the same chain, best run by somebody else. It is used while the first is "
        "away or behind. If the two contradict each other, nothing is anchored or signed. Never shown.",
        None, "an address with http:// or https://", pattern=r"^https?://[^\s/]+\S*$",
        unset="there is one node", repr=False,
    )  # fmt: skip
    proxy_url: str | None = _setting(
        "Address of the HTTP proxy through which nodes, witnesses, servers and other logs are asked. What the "
        "environment says in HTTP_PROXY and the like does not count. Never shown.",
        None, "an address with http:// or https://", pattern=r"^https?://[^\s/]+\S*$", unset="no proxy", repr=False,
    )  # fmt: skip
    contract: str | None = _setting(
        "Address of the contract. The node is then asked for the rest of the origin; to be sure which history it is, "
        "set `origin` instead.", None, "0x and 40 hex digits", pattern=r"^0x[0-9a-fA-F]{40}$",
        unset="the contract that `origin` names",
    )  # fmt: skip
    origin: str | None = _setting(
        "Origin of the history, as `ledger deploy` prints it: chain id, contract, and hash of entry 0. The node must "
        "have this history. With it, the API can start while the chain is away, and `contract` need not be set.",
        None, "`eip155:`, chain id, contract and salt, with colons between", pattern=_ORIGIN,
        unset="what `ledger deploy` noted in `state_dir`; if `contract` is set, what the node says of that contract",
    )  # fmt: skip
    api: str | None = _setting(
        "Address of the server whose API the commands ask, instead of a node and store of one's own: `declare`, "
        "`attest`, `revoke`, `withdraw`, `post`, `status`, `evidence`, `history`. The option `--api` comes before it.",
        None, "an address with http:// or https://, without a path", pattern=r"^https?://[^\s/]+/?$",
        unset="the own node and store, if they are configured; else the one server that `ledger login` knows",
    )  # fmt: skip
    state_dir: Path = _setting("Folder for everything that is kept: store, keys, notes.", Path("state"), _PATH)
    store_url: SecretStr | None = _setting(
        "Address of the store. It may hold a password, so it is never shown.",
        None, "sqlite:///folder/file or postgresql://user@host/name", unset="`ledger.sqlite` in `state_dir`",
    )  # fmt: skip
    keystore_dir: Path = _setting(
        "Folder of the encrypted keys.", permitted=_PATH, unset="`keys` in `state_dir`",
        default_factory=lambda given: given["state_dir"] / "keys",
    )  # fmt: skip
    relayer_key: str = _setting(
        "Key that signs transactions and pays for gas (secp256k1).", "relayer", _NAMED, pattern=_KEY_NAME
    )
    anchor_key: str | None = _setting(
        "Key that signs and pays for anchors (secp256k1). With an account of its own, anchoring never waits for what "
        "is relayed.", None, _NAMED, pattern=_KEY_NAME,
        unset="`anchor` if the keystore has such a key, else `relayer_key`",
    )  # fmt: skip
    log_key: str | None = _setting(
        "Key that signs checkpoints (Ed25519). Without it the ledger makes no checkpoint and no evidence.",
        None, _NAMED, pattern=_KEY_NAME, unset="none",
    )  # fmt: skip
    earlier_log_keys_file: Path | None = _setting(
        "File of the keys that signed checkpoints before `log_key`. Each line has a verifier key and the size up to "
        "which it counts; `ledger keys end` writes it.", None, _PATH, unset="`log_key` is the log's first key",
    )  # fmt: skip
    receipt_key: str | None = _setting(
        "Key that signs the receipts of Transparent Statements (P-256). Without it the ledger makes no receipts.",
        None, _NAMED, pattern=_KEY_NAME, unset="none",
    )  # fmt: skip
    witnesses_file: Path | None = _setting(
        "File of the witnesses that the log asks to cosign checkpoints. Each line has a verifier key and an address.",
        None, _PATH, unset="the log asks no witness",
    )  # fmt: skip
    witness_key: str = _setting(
        "Key with which `ledger witness` cosigns (Ed25519).", "witness", _NAMED, pattern=_KEY_NAME
    )
    witness_name: str | None = _setting(
        "Name under which `ledger witness` cosigns: an address that belongs to the agency, without https://.",
        None, "text without spaces and plus, at most 200 characters", pattern=r"^[^\s+]{1,200}$",
        unset="`ledger witness` does not start",
    )  # fmt: skip
    witness_grace_seconds: int = _setting(
        "For how many seconds a witness's node may have a confirmed entry that a checkpoint lacks, and how old its "
        "newest block may be. A log publishes and asks at least twice in this time: set the least of its witnesses'.",
        600, ge=1, le=86_400,
    )  # fmt: skip
    trust_file: Path = _setting(
        "Trust root of the log that `ledger witness` cosigns: its history and the log's key.", Path("trust.json"), _PATH
    )
    log_url: str | None = _setting(
        "Address of the log that `ledger witness` cosigns. If the log signs another index of subjects than its entries "
        "have, the witness reads the pages of that index there, and its own log names the first subject that differs.",
        None, "an address with http:// or https://", pattern=r"^https?://[^\s/]+\S*$",
        unset="the witness names the roots of both indexes only",
    )  # fmt: skip
    passphrase: SecretStr | None = _setting(
        "Passphrase of the keystore. Other programs can see an environment: prefer `passphrase_file`. If both "
        "are set, this one counts.", None, "text", min_length=1, unset="asked for at a terminal",
    )  # fmt: skip
    passphrase_file: Path | None = _setting(
        "File whose first line is the passphrase of the keystore.", None, _PATH, unset="asked for at a terminal"
    )
    anchor_batch_size: int = _setting("Highest number of declarations in a batch.", 10_000, ge=1, le=1_000_000)
    anchor_max_age_seconds: int = _setting(
        "How long, at most, a declaration waits for others to share its batch. Where gas is expensive, a longer wait "
        "saves money.",
        1,
        ge=0,
        le=86_400,
    )
    anchor_longest_age_seconds: int = _setting(
        "How long a declaration waits at most when small batches, or all batches of a day, have cost much. "
        "A full batch never waits; where gas is free (`max_fee_per_gas_gwei` is 0), none does.", 120, ge=1, le=86_400,
    )  # fmt: skip
    anchor_full_size: int = _setting(
        "Declarations in a batch that is not small: it never waits because of what small batches cost.",
        100, ge=1, le=1_000_000,
    )  # fmt: skip
    anchor_small_gas_per_hour: int = _setting(
        "Gas for small batches in an hour. From a quarter of it on, declarations wait longer for others; at all of it "
        "they wait `anchor_longest_age_seconds`.", 6_000_000, ge=100_000, le=10**15,
    )  # fmt: skip
    anchor_gas_per_day: int = _setting(
        "Gas for all batches in 24 hours. From half of it on, declarations wait longer for others. Anchoring never "
        "stops.", 1_000_000_000, ge=1_000_000, le=10**15,
    )  # fmt: skip
    relay_gas_per_statement: int = _setting(
        "Gas that the server spends on one relayed statement, at most. A wallet contract that checks a signature can "
        "use any amount.", 500_000, ge=100_000, le=1 << 24,
    )  # fmt: skip
    relay_gas_per_agency: int = _setting(
        "Gas that the server spends on the statements of one agency in 24 hours, at most.",
        100_000_000, ge=0, le=10**15,
    )  # fmt: skip
    relay_gas_per_party: int = _setting(
        "Gas that the server spends on the statements of one party in 24 hours, at most.", 1_500_000, ge=0, le=10**15
    )
    relay_gas_for_parties: int = _setting(
        "Gas that the server spends on the statements of all parties together in 24 hours, at most. Anybody can be a "
        "party, so this is what strangers can spend.", 40_000_000, ge=0, le=10**15,
    )  # fmt: skip
    relay_gas_per_day: int = _setting(
        "Gas that the server spends on all relayed statements in 24 hours, at most.", 200_000_000, ge=0, le=10**15
    )
    relay_fees_per_day_gwei: int | None = _setting(
        "Fees that the server pays for all relayed statements in 24 hours, at most, in gwei.",
        ge=0, le=10**15, unset="only gas is limited",
    )  # fmt: skip
    poll_interval_seconds: float = _setting("How often the anchorer looks for work.", 0.25, ge=0.01, le=3_600)
    confirmations: int = _setting(
        "How many blocks, its own included, a transaction needs to count. Use 1 for a local chain, 12 or more for a "
        "public one.",
        1, ge=1, le=10_000,
    )  # fmt: skip
    confirmation_timeout_seconds: float = _setting(
        "How long to wait for a transaction's confirmations before looking for it again.", 120.0, ge=1, le=86_400
    )
    resend_after_seconds: int = _setting(
        "How long a transaction may wait to be mined before one that pays more replaces it.", 20, ge=1, le=86_400
    )  # fmt: skip
    batches_in_flight: int = _setting("Highest number of batches under way to the chain at once.", 16, ge=1, le=64)
    max_fee_per_gas_gwei: Decimal | None = _setting(
        "Highest price for a unit of gas, in gwei. Anchoring waits while the chain asks for more. Use 0 on a network "
        "with free gas: the relayer then needs no coins and ignores the tip that its node advises.",
        ge=Decimal(0), le=Decimal(1_000_000), unset="whatever the chain asks for",
    )  # fmt: skip
    rpc_timeout_seconds: float = _setting("How long one request to the node may take.", 10.0, ge=0.1, le=600)
    api_host: str = _setting(
        "Address that the API, or `ledger witness`, listens on. 0.0.0.0 lets other machines in: put a proxy with TLS "
        "in front.", "127.0.0.1", "a host name or an IP address", pattern=r"^[A-Za-z0-9.:_-]{1,255}$",
    )  # fmt: skip
    api_port: int = _setting("Port that the API, or `ledger witness`, listens on.", 8080, ge=1, le=65_535)
    api_processes: int = _setting(
        "Number of processes that serve the API on one store. One of them leads and anchors.", 1, ge=1, le=64
    )
    site: str | None = _setting(
        "Address under which people and programs reach the API, without a path. A sign-in names it, and a browser's "
        "session is bound to it.", None, "https:// and a host, with a port if need be; or http://localhost",
        pattern=_SITE, unset="http://localhost, 127.0.0.1 or [::1] with `api_port`",
    )  # fmt: skip
    sign_url: str | None = _setting(
        "Address of the signing page, where people sign with passkeys: best on a host of its own, so that no page of "
        "this server can use them. docs/portal.md says how to make it.",
        None, "https:// and a host, with a port and a path if need be; or http://localhost",
        pattern=_SIGN_URL, unset="this server has the page, at `/sign`",
    )  # fmt: skip
    cors_origins: str = _setting(
        "Sites whose pages may read answers (CORS), with a space between; `*` is every site. They get no cookie: a "
        "page of theirs shows its session as a bearer. A site that is named, and not by `*`, may also sign people in.",
        "", "https:// or http:// and a host, with a port if need be; or *",
        pattern=rf"^(\*|{_ORIGINS}( {_ORIGINS})*)?$",
    )  # fmt: skip
    operators: str = _setting(
        "Signers who run this server: signed in, they see its state. They may read no party's declarations.",
        "", _SIGNERS_WORDS, pattern=_SIGNERS,
    )  # fmt: skip
    auditors: str = _setting(
        "Signers who may read every party's declarations, because the law gives them that right.",
        "", _SIGNERS_WORDS, pattern=_SIGNERS,
    )  # fmt: skip
    writes_need_session: Literal["no", "yes"] = _setting(
        "Whether only those who signed in may hand in statements. Each statement has its own signature either way.",
        "no",
    )  # fmt: skip
    requests_per_second: int = _setting(
        "Requests that one client address may send to each process in a second; twice as many for a moment.",
        5_000, ge=1, le=1_000_000,
    )  # fmt: skip
    trusted_proxies: str | None = _setting(
        "Addresses or networks of the proxies in front, with commas between. Only what comes from them is believed in "
        "`X-Forwarded-For` and `X-Forwarded-Proto`; without it, all clients of a proxy count as one.",
        None, "IP addresses and networks, e.g. 127.0.0.1, 10.1.0.0/16", unset="no forwarded address is believed",
    )  # fmt: skip
    connections: int = _setting("How many connections may be open at once in each process.", 1_000, ge=10, le=100_000)
    connections_per_client: int = _setting(
        "How many of them one client address may hold; trusted proxies may hold all.", 200, ge=1, le=100_000
    )
    streams_per_client: int = _setting(
        "How many event streams one client address may hold in each process.", 20, ge=1, le=10_000
    )
    declarations_per_hour: int = _setting(
        "How many new declarations each process stores in an hour for one client address.",
        5_000_000, ge=1, le=1_000_000_000,
    )  # fmt: skip
    declaration_bytes_per_hour: int = _setting(
        "How many bytes of them: 256 for each, and its signature.", 4 << 30, ge=1 << 11, le=1 << 50
    )
    share_bytes: int = _setting(
        "How many bytes of shares the server keeps, of all parties together; 0: it keeps none. A share is a sealed "
        "document that a party leaves for who has its link.", 8 << 30, ge=0, le=1 << 50,
    )  # fmt: skip
    hsts_seconds: int = _setting(
        "For how many seconds browsers shall come back by TLS only (Strict-Transport-Security). Set it where a proxy "
        "does TLS for the whole host name; 0 sends no such header.", 0, ge=0, le=63_072_000,
    )  # fmt: skip
    max_body_bytes: int = _setting(
        "Largest request body that the API accepts, in bytes.", 8 << 20, ge=1 << 10, le=1 << 30
    )
    page_limit: int = _setting("Highest number of declarations or entries on a page.", 1_000, ge=1, le=1_000)
    verification_processes: int = _setting(
        "How many processes of low priority each process of the API has for verifications. They begin with the first.",
        2, ge=1, le=64,
    )  # fmt: skip
    verification_seconds: float = _setting(
        "How many seconds of a processor one verification may take. Whoever has one that takes more is told to use "
        "`ledger verify`.", 5.0, ge=0.1, le=600,
    )  # fmt: skip
    verification_memory_bytes: int = _setting(
        "How much memory (address space) each process for verifications may have.", 2 << 30, ge=256 << 20, le=64 << 30
    )
    verification_entries: int = _setting(
        "Highest number of entries in evidence that the API verifies. Evidence with the words of ten agencies has some "
        "hundred.", 2_000, ge=10, le=1_000_000,
    )  # fmt: skip
    verification_attestations: int = _setting(
        "Highest number of attestations about the declaration in evidence that the API verifies.",
        500, ge=1, le=1_000_000,
    )  # fmt: skip
    log_level: Literal["critical", "error", "warning", "info", "debug"] = _setting(
        "Lowest level that the server logs.", "info"
    )
    log_format: Literal["auto", "json", "text"] = _setting(
        "Form of the server's log: json for machines, text for people. auto means text at a terminal, json elsewhere.",
        "auto",
    )
    log_requests: Literal["all", "problems", "none"] = _setting(
        "Which requests get a line in the log: all, those that ended in a problem (status 400 and above), or none.",
        "all",
    )
    backlog_alarm_seconds: int = _setting(
        "If a declaration waits longer for its anchor than `anchor_max_age_seconds` plus this, the server is degraded.",
        300, ge=1, le=86_400,
    )  # fmt: skip
    stream_readers: int = _setting("How many event streams may be open at once in each process.", 100, ge=1, le=10_000)
    otlp_endpoint: str | None = _setting(
        "Address of an OpenTelemetry collector that accepts spans (OTLP over HTTP), e.g. "
        "http://127.0.0.1:4318/v1/traces. This needs the extra `otel`.",
        None, "an address with http:// or https://", pattern=r"^https?://[^\s/]+\S*$",
        unset="the server makes no spans", repr=False,
    )  # fmt: skip

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_values(cls, value: object) -> object:
        """Refuse TOML's ``true``, which pydantic would accept as the number 1."""
        if isinstance(value, bool):
            raise ValueError("must not be true or false")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        """Each is an address or a network."""
        for item in () if value is None else value.split(","):
            ip_network(item.strip())
        return value

    @field_validator("store_url")
    @classmethod
    def _store(cls, value: SecretStr | None) -> SecretStr | None:
        """The shape only; the store reads the address when it is opened. ``pattern`` does not apply to secrets."""
        if value is not None and _STORE_URL.fullmatch(value.get_secret_value()) is None:
            raise ValueError("not the address of a SQLite or PostgreSQL database")
        return value

    def sites(self) -> frozenset[str]:
        """The addresses under which the API is reached, each as a sign-in names it."""
        if self.site is not None:
            return frozenset({self.site.lower()})
        return frozenset(f"http://{host}:{self.api_port}" for host in ("localhost", "127.0.0.1", "[::1]"))

    def origins(self) -> frozenset[str]:
        """The origins whose pages may read answers, or `*` alone."""
        return frozenset(self.cors_origins.split())

    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies."""
        listed = () if self.trusted_proxies is None else self.trusted_proxies.split(",")
        return tuple(ip_network(item.strip()) for item in listed)

    def store_address(self) -> str | Path:
        """The store's URL, password included, or the path of its file: to open the store, never to show.

        A path is no URL: what its folders are called means nothing there.
        """
        if self.store_url is not None:
            return self.store_url.get_secret_value()
        return self.state_dir / "ledger.sqlite"


@dataclass(frozen=True, slots=True)
class Described:
    """One setting for people to read. ``default`` is a TOML value, or says what holds when the setting is not set."""

    name: str
    permitted: str
    default: str
    description: str

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()


def describe() -> list[Described]:
    """All settings, in order."""
    described = []
    for name, field in Settings.model_fields.items():
        words: dict[str, Any] = field.json_schema_extra  # type: ignore[assignment]
        default = words["unset"] or f"`{_toml(field.default)}`"
        permitted = words["permitted"] or _range(field)
        described.append(Described(name, permitted, default, str(field.description)))
    return described


def load_settings() -> Settings:
    """Read environment and file, now.

    The file is ``LEDGER_CONFIG``, or ``ledger.toml`` in the working directory if there is one. An environment variable
    that is empty counts as not set.

    :raises Malformed: one line for each problem: which variable or key, what shape its value has, what is permitted.
        It never repeats a value, because the value could be a secret in the wrong variable.
    """
    file, given = _read_file()
    known = {item.name: item for item in describe()}
    problems = [
        *(f"{file}: {_unknown(key, list(known))}" for key in given if key not in known),
        *(_unknown(name, [item.variable for item in known.values()]) for name in os.environ if _is_slip(name, known)),
    ]
    try:
        settings = Settings(**dict(_Reader(**{key: value for key, value in given.items() if key in known})))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if item["type"] != "default_factory_not_called":  # follows from another problem
                problems.append(_problem(known[str(item["loc"][0])], file, given))
    if problems:
        raise Malformed("\n".join(problems))
    return settings


class _Reader(BaseSettings, Settings):
    """Settings that read the environment first, and the given values second."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


def _read_file() -> tuple[Path, dict[str, Any]]:
    named = os.environ.get(FILE_VARIABLE)
    file = Path(named) if named else DEFAULT_FILE
    try:
        return file, tomllib.loads(_text_of(file.read_bytes()))
    except FileNotFoundError:
        if named:
            raise Malformed(f"names the file {file}, which does not exist", FILE_VARIABLE) from None
        return file, {}
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}", str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # tomllib names the position and shows at most one character of the file.
        raise Malformed(f"is not TOML: {error}", str(file)) from None


def _text_of(data: bytes) -> str:
    """UTF-8, or what the byte order mark says that an editor of Windows wrote before it."""
    utf16 = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return data.decode("utf-16" if utf16 else "utf-8-sig")


def _is_slip(variable: str, known: Mapping[str, Described]) -> bool:
    """Whether the variable is a misspelled setting. Variables of other programs may begin with LEDGER_ too."""
    name = variable.removeprefix(PREFIX)
    if variable in {name, FILE_VARIABLE} or name.lower() in known:
        return False
    return bool(difflib.get_close_matches(name.lower(), known, 1, _MISTYPED))


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, _MISTYPED)
    return f"{name} is not a setting" + (
        f": did you mean {close[0]}?" if close else "; docs/settings.md lists them all"
    )


def _problem(setting: Described, file: Path, given: Mapping[str, Any]) -> str:
    in_environment = next((os.environ[name] for name in os.environ if name.upper() == setting.variable), "")
    value = in_environment or given.get(setting.name)
    where = setting.variable if in_environment else f"{setting.name} in {file}"
    return f"{where}: must be {setting.permitted}, and is {_shape(value, 'number' in setting.permitted)}"


def _shape(value: object, number_wanted: bool) -> str:
    if isinstance(value, str) and not (number_wanted and _is_number(value)):
        return f"text of {len(value)} characters"
    number = "another number" if number_wanted else "a number"
    kinds = {bool: "true or false", str: number, int: number, float: number, list: "a list", dict: "a table"}
    return kinds.get(type(value), "something else")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _range(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        *others, last = get_args(field.annotation)
        return f"{', '.join(others)} or {last}"
    least = next(bound.ge for bound in field.metadata if hasattr(bound, "ge"))
    most = next(bound.le for bound in field.metadata if hasattr(bound, "le"))
    kind = "a whole number" if int in {field.annotation, *get_args(field.annotation)} else "a number"
    form = ",f" if isinstance(least, Decimal) else ","
    return f"{kind} from {least:{form}} to {most:{form}}"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str | Path) else str(value)
