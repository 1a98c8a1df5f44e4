"""Settings: from the environment (`MATINEE_…`), a `.env` file, and defaults that just work.

Knows names and defaults only. Secrets are `SecretStr`, so printing or logging settings shows stars.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode]  # in the environment: separated by commas


class Settings(BaseSettings):
    """Every knob of the product; each can be set as `MATINEE_<NAME>`.

    >>> Settings(_env_file=None).api_url
    'http://127.0.0.1:8000'
    """

    model_config = SettingsConfigDict(env_prefix="MATINEE_", env_file=".env", extra="ignore")

    # Where things are
    artifacts: Path = Path("artifacts")
    catalogue: Path = Path("data/demo.sqlite")
    cache: Path = Path("data/cache")

    # An index made elsewhere, fetched at the start (docs/deploy.md)
    artifacts_url: SecretStr | None = None  # https://… of a tar archive; secret, because signed links are
    artifacts_sha256: str = ""  # of the archive, hex; needed with artifacts_url
    artifacts_max_bytes: int = Field(default=50_000_000_000, gt=0)  # packed or unpacked; more is refused

    # The encoder
    encoder: Literal["auto", "clip", "builtin"] = "auto"
    clip_model: str = "hf-hub:laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K"  # see docs/models.md
    clip_checkpoint: Path | None = None
    hub_patience: float = Field(default=5.0, gt=0)  # seconds for the first answer of the model hub
    threads: int = Field(default=0, ge=0)  # of the encoder; 0: all cores

    # The servers
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    api_threads: int = Field(default=16, ge=1)
    request_seconds: float = Field(default=30.0, gt=0)  # a request may take to arrive; large ones more, by what has come
    stop_seconds: int = Field(default=20, ge=5)  # running requests get when the server is asked to stop
    api_url: str = "http://127.0.0.1:8000"  # where page and client find the API; by itself it follows api_port
    ui_host: str = "127.0.0.1"
    ui_port: int = Field(default=7860, ge=1, le=65535)
    api_key: SecretStr | None = None  # what our own page and client send

    # The language model
    llm: str = "auto"  # auto, builtin, ollama:<model>, or any `init_chat_model` string
    ollama_url: str = "http://127.0.0.1:11434"
    ollama_model: str = "qwen3:1.7b"
    ollama_keep_alive: str = "30m"
    ollama_pull: bool = False  # fetch a missing Ollama model by itself (gigabytes)
    llm_context: int = Field(default=8192, ge=2048)  # tokens (`num_ctx`); Ollama's own default of 4k cuts the system prompt
    llm_reply: int = Field(default=600, ge=50)  # tokens of an answer
    llm_silence: float = Field(default=30.0, gt=0)  # seconds without a word after which the built-in concierge answers
    llm_total: float = Field(default=120.0, gt=0)  # seconds for a whole answer

    # Conversations
    sessions: Path = Path("data/sessions.sqlite")
    session_days: float = Field(default=30.0, gt=0)  # a conversation is forgotten after so long

    # Importing
    tmdb_key: SecretStr | None = None
    tmdb_url: str = "https://api.themoviedb.org/3"
    tmdb_images: str = "https://image.tmdb.org/t/p/w342"

    # Limits
    max_image_bytes: int = 12_000_000
    max_image_pixels: int = 40_000_000
    max_body_bytes: int = 16_000_000  # of a request, pictures included
    decode_seconds: float = Field(default=5.0, gt=0)  # for one uploaded picture
    encoder_queue: int = Field(default=256, ge=1)  # texts that may wait for the encoder; more are refused
    encoder_patience: float = Field(default=10.0, gt=0)  # seconds a request waits for the encoder
    encoder_batch: int = Field(default=8, ge=1)  # texts encoded in one go (more keep others waiting); 1: each on its own
    batch_wait: float = Field(default=0.003, ge=0)  # seconds the encoder waits for company, under load only
    chat_streams: int = Field(
        default=6, ge=1
    )  # conversations a language model answers at once; the built-in concierge needs no place

    # Who may call the API, how often, and what it keeps
    auth: Literal["auto", "on", "off"] = "auto"  # auto: keys are needed unless we listen on loopback and have none
    api_keys: Names = ()  # `name:scope+scope:sha256`; make one with `matinee key`
    rate_limit: str = "auto"  # such as `600/minute`, per key or address; auto: none on loopback; off
    rate_limit_storage: str = "memory://"  # or redis://HOST:PORT
    cors_origins: Names = ()  # pages of other origins that may call; none by default
    public_hosts: Names = ()  # names by which others reach an API that listens on loopback, through a proxy of ours
    trusted_proxies: int = Field(default=0, ge=0)  # how many X-Forwarded-For steps are our own
    journal: Path = Path("data/journal.sqlite")  # what was asked for in vain
    keep_unanswered: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_text: bool = False  # whether what people typed may appear in logs

    @field_validator("api_keys", "cors_origins", "public_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _find_our_own_api(self) -> Self:
        if "api_url" not in self.model_fields_set:
            self.api_url = f"http://127.0.0.1:{self.api_port}"
        return self
