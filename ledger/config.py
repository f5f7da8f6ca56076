"""Settings: from the environment (``LEDGER_…``) and an optional TOML file; the environment wins. docs/settings.md."""

from __future__ import annotations

import os
from pathlib import Path
from tomllib import TOMLDecodeError

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ledger.edges.chain import Limits
from ledger.errors import Malformed

WEI_PER_GWEI = 10**9


class Settings(BaseSettings):
    """Everything that can be set. Secrets are never printed."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", extra="forbid")

    rpc_url: str = Field("http://127.0.0.1:8545", description="JSON-RPC address of the chain's node.")
    contract: str | None = Field(
        None, pattern=r"^0x[0-9a-fA-F]{40}$", description="Address of the contract; `ledger deploy` notes its own."
    )
    chain_id: int | None = Field(None, gt=0, description="Chain id that the node must have.")
    state_dir: Path = Field(Path("state"), description="Folder of store, keys and notes.")
    store_url: str | None = Field(None, description="SQLAlchemy address of the store; SQLite in state_dir if not set.")
    keystore: Path | None = Field(None, description="Folder of encrypted keys; `keys` in state_dir if not set.")
    relayer_key: str = Field("relayer", description="Name of the key that pays for gas.")
    log_key: str | None = Field(None, description="Name of the Ed25519 key that signs checkpoints.")
    passphrase: SecretStr | None = Field(None, description="Passphrase of the keystore; better in a file.")
    passphrase_file: Path | None = Field(None, description="File whose first line is the passphrase.")
    anchor_batch_size: int = Field(10_000, ge=1, le=1_000_000, description="Declarations in one batch at most.")
    anchor_max_age_seconds: int = Field(5, ge=0, le=86_400, description="How long a declaration waits for its batch.")
    poll_interval_seconds: float = Field(1.0, gt=0, le=3600, description="How often the anchorer looks.")
    confirmations: int = Field(1, ge=1, le=10_000, description="Blocks until a transaction counts, its own included.")
    max_fee_per_gas_gwei: int | None = Field(None, gt=0, description="Refuse to pay more for a unit of gas.")
    rpc_timeout_seconds: float = Field(10.0, gt=0, le=600, description="How long one request to the node may take.")
    api_host: str = Field("127.0.0.1", description="Address that the API listens on.")
    api_port: int = Field(8080, ge=1, le=65_535, description="Port that the API listens on.")
    max_body_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="Largest request body.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = Path(os.environ.get("LEDGER_CONFIG", "ledger.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @property
    def keystore_dir(self) -> Path:
        return self.keystore or self.state_dir / "keys"

    def store_url_or_default(self) -> str:
        return self.store_url or f"sqlite:///{self.state_dir / 'ledger.sqlite'}"

    def chain_limits(self) -> Limits:
        """The limits of the chain edge."""
        cap = self.max_fee_per_gas_gwei
        return Limits(
            confirmations=self.confirmations,
            max_fee_per_gas=None if cap is None else cap * WEI_PER_GWEI,
            timeout=self.rpc_timeout_seconds,
        )


def load_settings() -> Settings:
    """Read the settings; Malformed names every one that cannot be used, and what is permitted, but not its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"LEDGER_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
        raise Malformed("; ".join(wrong), "settings") from None
    except TOMLDecodeError as error:
        raise Malformed(f"no TOML: {error}", os.environ.get("LEDGER_CONFIG", "ledger.toml")) from None
