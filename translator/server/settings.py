"""What the server is told: where it listens, whom it serves, which upstreams answer."""

from __future__ import annotations

import os
import re
from collections import Counter
from ipaddress import ip_address
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from ..documents.limits import Limits
from ..sse import MAX_EVENT_BYTES
from ..store import default_url
from .setting_types import FilesPlace, HostName, HttpUrl, Listed, Name, Pattern, Preset, Seconds, Switches

MEBIBYTE = 1024 * 1024

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_OWN_HEADERS = {"connection", "content-length", "content-type", "transfer-encoding"}


Wire = Literal["chat", "responses"]
"""The API that an upstream speaks."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Model(_Frozen):
    """One public model of an upstream."""

    name: Name
    """The id that clients ask for."""

    upstream_name: str = ""
    """What the upstream calls it; the public id where none is given."""

    max_output_tokens: int | None = Field(default=None, ge=1)
    """The most tokens a reply may have: larger requests are capped to it."""

    hosted_tools: frozenset[str] = frozenset()
    """Types of hosted tools that this model's upstream knows: they are forwarded as they are."""

    @model_validator(mode="before")
    @classmethod
    def _named_alike(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value.get("upstream_name"):
            return value | {"upstream_name": value.get("name")}
        return value


class Upstream(_Frozen):
    """One server that speaks Chat Completions, or Responses."""

    name: Name = "upstream"
    """What it is called in listings and logs."""

    base_url: HttpUrl
    """Its base URL, as an OpenAI SDK would be given it; with or without a slash at the end."""

    api_key: SecretStr | None = None
    """The key it wants as a bearer token."""

    api_key_env: str | None = None
    """The name of an environment variable that holds the key, so that the file need not."""

    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Headers sent with every request."""

    connect_timeout_seconds: Seconds = 10
    """How long connecting may take."""

    idle_timeout_seconds: Seconds = 600
    """How long it may stay silent, before its reply and between two pieces of it."""

    models: tuple[Model, ...] = ()
    """Its public models; none: whatever its own list names."""

    wire: Wire = "chat"
    """What it speaks: clients of the other API are translated, those of the same are passed through."""

    reasoning_summary: Literal["auto", "concise", "detailed"] | None = None
    """The summary asked of a `responses` upstream for chat clients; OpenAI tells of reasoning in no other way."""

    sealed_reasoning: Literal["when_thinking", "always", "never"] = "when_thinking"
    """When it is asked to seal reasoning for chat clients; always suits models that think unasked, others refuse it."""

    preset: Preset = None
    """Which of the known dialects it speaks (translator dialects lists them); found out where none is named."""

    dialect: Switches = Field(default_factory=dict)
    """How it differs from that: switches of the dialect record, which win over all that is found out."""

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
                raise ValueError(f"has {name!r}, which is no header that can be set: leave it out")
            if not _HEADER_VALUE.fullmatch(value.get_secret_value()):
                raise ValueError(f"has a value for {name!r} that is not printable ASCII: encode it")
        return headers

    @model_validator(mode="after")
    def _key_once(self) -> Self:
        if self.api_key_env is not None:
            if self.api_key is not None:
                raise ValueError("has both api_key and api_key_env: keep one")
            if not os.environ.get(self.api_key_env):
                raise ValueError(f"takes its key from {self.api_key_env}, which is not set: set it, or give api_key")
        return self

    def key(self) -> str | None:
        """The key it wants, from wherever it was told."""
        if self.api_key_env is not None:
            return os.environ[self.api_key_env]
        return self.api_key.get_secret_value() if self.api_key is not None else None


class _Habits(_Frozen):
    """How replies are told; what is not set is as the client is known to want it, else as the API promises."""

    length_status: Literal["incomplete", "completed"] | None = None
    """How a reply that ran out of tokens ends: incomplete, or completed for clients that would ask for it again."""

    reasoning_told: Literal["as_asked", "raw", "summary", "both"] | None = None
    """How reasoning is told: raw, as its own summary, both, or as_asked (with a summary where one is asked for)."""

    reasoning_events: Literal["reasoning_text", "reasoning"] | None = None
    """The name of the events that carry reasoning: OpenAI's (reasoning_text) or Open Responses' (reasoning)."""

    cut_items: Literal["told", "left_open"] | None = None
    """Whether the end of an item that was cut is told, or left_open for clients that act on every item that is done."""

    done_marker: bool | None = None
    """Whether streams end with [DONE]; they do unless it is set to false."""


HABITS = tuple(_Habits.model_fields)
"""The names of the settings that a client's own table may set, too."""


class Client(_Habits):
    """How one program, or a family of them, is told its replies."""

    name: Name
    """What it is called."""

    originator: Pattern = None
    """A regular expression for the whole originator header, letters' case aside."""

    user_agent: Pattern = None
    """A regular expression for the whole user-agent header; one of the two must fit."""

    @model_validator(mode="after")
    def _recognisable(self) -> Self:
        if self.originator is None and self.user_agent is None:
            raise ValueError("can be known by nothing: give it an originator or a user_agent")
        return self


class Settings(_Habits):
    """Everything that can be set, with its default. Times are in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: int = Field(default=8080, ge=0, le=65_535)
    """The port to listen on; 0 takes any free one."""

    auth: Literal["keys", "passthrough"] = "keys"
    """Whether clients need a key of this server (keys) or bring the upstream's (passthrough)."""

    api_keys: Annotated[tuple[SecretStr, ...], Listed] = ()
    """A key that clients may use; without one the server serves this machine only."""

    allowed_hosts: Annotated[tuple[HostName, ...], Listed] = ()
    """A name that clients may call a server without client keys by, besides localhost and addresses."""

    upstreams: tuple[Upstream, ...] = ()
    """The upstreams, each with its models."""

    store: str = Field(default_factory=default_url)
    """Where responses are kept: sqlite:///PATH, postgresql://…, memory: or none."""

    workers: int = Field(default=1, ge=1, le=256)
    """How many processes serve; they share the store."""

    store_ttl_seconds: float = Field(default=30 * 24 * 3600, gt=0, allow_inf_nan=False)
    """How long a stored response is kept."""

    store_max_bytes: int = Field(default=10 * 1024 * MEBIBYTE, ge=MEBIBYTE)
    """How much is kept; beyond it the oldest responses go."""

    store_synchronous: Literal["normal", "full"] = "normal"
    """Whether SQLite waits for the disk at each commit (full), so that not even a power cut loses one."""

    files: FilesPlace = None
    """Where the contents of files are: a directory, or s3://BUCKET/PREFIX; beside the store where none is given."""

    file_max_bytes: int = Field(default=512 * MEBIBYTE, ge=1)
    """The largest file that is sent at once."""

    upload_max_bytes: int = Field(default=8 * 1024 * MEBIBYTE, ge=1)
    """The largest file that is sent in parts; a part may have 64 MiB."""

    files_tenant_max_bytes: int = Field(default=10 * 1024 * MEBIBYTE, ge=1)
    """How much the files of one client may have together."""

    files_max_bytes: int = Field(default=100 * 1024 * MEBIBYTE, ge=1)
    """How much the files of all clients may have together."""

    fetch_urls: bool = False
    """Whether files and images behind http(s) URLs are fetched, from the public network alone."""

    fetch_max_bytes: int = Field(default=50 * MEBIBYTE, ge=1)
    """The most bytes that are fetched from behind one URL."""

    fetch_seconds: Seconds = 30
    """How long fetching from behind one URL may take."""

    request_max_files: int = Field(default=500, ge=0)
    """The most files and images of one request; of what it continues, the oldest stand back."""

    document_max_bytes: int = Field(default=50 * MEBIBYTE, ge=1)
    """The largest document that is read for an upstream that does not take it as it is."""

    document_max_pages: int = Field(default=1000, ge=1)
    """The most pages a PDF may have to be read."""

    document_max_characters: int = Field(default=400_000, ge=1)
    """How much of a document's text is told."""

    document_max_images: int = Field(default=20, ge=0)
    """How many of a document's pages without text are told as pictures."""

    document_seconds: Seconds = 30
    """How long reading a document may take."""

    document_memory_bytes: int = Field(default=1024 * MEBIBYTE, ge=256 * MEBIBYTE)
    """How much memory reading a document may take; two are read at once."""

    seal_key: SecretStr | None = Field(default=None, min_length=16)
    """The key that seals what clients carry for the server; without one a file beside the store holds it."""

    max_body_bytes: int = Field(default=32 * MEBIBYTE, ge=1)
    """The largest request body, before and after it is inflated."""

    max_event_bytes: int = Field(default=MAX_EVENT_BYTES, ge=1024)
    """The largest single event, or whole completion, of an upstream."""

    max_argument_bytes: int = Field(default=16 * MEBIBYTE, ge=1024)
    """The longest arguments of one tool call."""

    heartbeat_seconds: Seconds = 15
    """How long a stream may be silent before response.in_progress is repeated."""

    finish_grace_seconds: Seconds = 5
    """How long to wait for the usage once the upstream said why it finished."""

    shutdown_grace_seconds: Seconds = 10
    """How long running requests may take to end when the server is told to stop."""

    models_cache_seconds: Seconds = 300
    """How long an upstream's own list of models is kept."""

    websocket: bool = True
    """Whether /responses can be opened as a WebSocket."""

    websocket_max_seconds: float = Field(default=3600, gt=0, le=3600, allow_inf_nan=False)
    """How long a WebSocket may stay open."""

    clients: tuple[Client, ...] = ()
    """Programs that are told their replies otherwise than these settings, or what is known of them, say."""

    def documents(self) -> Limits:
        """How much of a document is read, and what that may cost."""
        return Limits(
            size=self.document_max_bytes,
            pages=self.document_max_pages,
            characters=self.document_max_characters,
            images=self.document_max_images,
            seconds=self.document_seconds,
            memory=self.document_memory_bytes,
        )

    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    """Where translated chat replies carry reasoning."""

    @field_validator("api_keys")
    @classmethod
    def _no_empty_key(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(key.get_secret_value() for key in keys):
            raise ValueError("holds an empty key: give one that is not")
        return keys

    @field_validator("upstreams")
    @classmethod
    def _distinct(cls, upstreams: tuple[Upstream, ...]) -> tuple[Upstream, ...]:
        for kind, names in (
            ("upstreams", [upstream.name for upstream in upstreams]),
            ("models", [model.name for upstream in upstreams for model in upstream.models]),
        ):
            for name, times in Counter(names).items():
                if times > 1:
                    raise ValueError(f"has {times} {kind} named {name!r}: give each a name of its own")
        return upstreams

    @field_validator("store")
    @classmethod
    def _kind_of_store(cls, store: str) -> str:
        if store not in ("memory:", "none") and not store.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("is none of sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE, memory: and none")
        return store

    @model_validator(mode="after")
    def _shared_store(self) -> Self:
        if self.workers > 1 and self.store == "memory:":
            raise ValueError("Several workers cannot share a store in memory: keep one worker, or name another store")
        return self

    @model_validator(mode="after")
    def _closed_or_local(self) -> Self:
        if self.auth == "keys" and not self.api_keys and not is_loopback(self.host):
            raise ValueError(
                f"Without a client key the server serves this machine only, not {self.host}: set a key with "
                "--api-key or TRANSLATOR_API_KEY, or listen on 127.0.0.1"
            )
        if self.auth == "passthrough" and self.api_keys:
            raise ValueError(
                "Client keys are set and auth is passthrough, which hands every client's own key to the upstream: "
                "leave out the keys, or set auth to keys"
            )
        if self.auth == "passthrough" and any(upstream.key() for upstream in self.upstreams):
            raise ValueError(
                "An upstream has a key and auth is passthrough, which hands every client's own key to the upstream: "
                "leave out the upstream's key, or set auth to keys"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether an address, or the name localhost, can be reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
