"""A server process: its socket, its log, its end."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import secrets
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from ..errors import StoreUnavailable
from .app import create_app
from .kept import Kept
from .observation import RequestIdFilter
from .origins import WrongSetting
from .settings import Settings
from .websocket_protocol import WebSocketProtocol

_BACKLOG = 2048

_KEEP_ALIVE_SECONDS = 75
"""How long a connection may be idle: longer than clients keep theirs (the SDKs' pools do for 5 s), so that none of them
sends a request into a connection that is just being closed."""

_WORKER_SECONDS = 60
"""How long a worker may take to answer its supervisor, which counts from before it has read the program."""

logging.getLogger("translator").addHandler(logging.NullHandler())  # until it is said where to log to: nowhere


def listen(settings: Settings) -> socket.socket:
    """The socket of the settings' host and port, which takes connections from now on. Raises WrongSetting."""
    host = settings.host.strip("[]")
    try:
        family = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise WrongSetting(
            f"Nothing can listen on {settings.host} port {settings.port} ({error.strerror}): "
            "set another with --host or --port."
        ) from None


def check_store(settings: Settings) -> str:
    """Where things are kept, once the store could be opened and brought to this version. Raises WrongSetting."""

    async def check() -> str:
        kept = Kept(settings)
        async with kept.open():
            return kept.store.location

    try:
        return asyncio.run(check())
    except StoreUnavailable as error:
        raise WrongSetting(f"The store cannot be opened ({_reason(error)}): name another with --store.") from None
    except OSError as error:
        raise WrongSetting(
            f"The seal key cannot be made or read ({error.strerror}): give one as seal_key, or name another store."
        ) from None


def _reason(error: StoreUnavailable) -> str:
    """What the driver or the system said, else what the store did; one line, without the address that was given."""
    cause = error.__cause__
    if isinstance(cause, OSError):
        return str(cause.strerror or cause)
    said = cause if isinstance(cause, sqlite3.Error) else getattr(cause, "orig", None) or error.message
    return " ".join(str(said).split())[:300]


def announcement(settings: Settings, listener: socket.socket, store: str) -> Iterator[str]:
    """What to tell who started the server: where it listens, who answers, where `store` is and what it keeps."""
    host, port = listener.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    yield f"Serving the Responses API on http://{host}:{port}/v1"
    for upstream in settings.upstreams:
        yield f"Upstream {upstream.name}: {upstream.base_url}"
    if not settings.upstreams:
        yield "This is a demo: no upstream is set, and a small built-in stand-in for a model (named 'demo') answers."
        yield "To name a real one: translator serve --upstream http://127.0.0.1:8000/v1"
    if settings.store == "none":
        yield "Nothing is kept: responses cannot be continued or read again."
    elif settings.store == "memory:":
        yield "Responses are kept in memory, until the server ends."
    else:
        yield f"Responses are kept for {settings.store_ttl_seconds / 86_400:g} days in {store}"
        if settings.seal_key is None and not settings.store.startswith("sqlite:"):
            yield "No seal key is set: this machine has its own, and others on this store need the same (seal_key)."
    if settings.auth == "keys" and not settings.api_keys:
        yield "No client key is set: requests from this machine are answered without one."


def run(settings: Settings, listener: socket.socket) -> None:
    """Serves until it is told to stop by a signal."""
    log_to(sys.stderr)
    if settings.workers == 1:
        uvicorn.Server(configure(make_app(settings), settings)).run(sockets=[listener])
        return
    if settings.seal_key is None and settings.store == "none":
        # there is no file that the workers could have it from, and each shall open what another sealed
        settings = settings.model_copy(update={"seal_key": SecretStr(secrets.token_hex(32))})
    config = configure(functools.partial(_serve_as_worker, settings), settings, factory=True)
    Multiprocess(config, sockets=[listener]).run()


def _serve_as_worker(settings: Settings) -> ASGIApp:
    log_to(sys.stderr)
    return make_app(settings)


def make_app(settings: Settings) -> ASGIApp:
    """The app as a process of the server serves it."""
    app = create_app(settings)
    # the program itself is never garbage: looking through it held requests up for 50 ms now and then
    gc.collect()
    gc.freeze()
    return app


def configure(app: ASGIApp | Callable[[], ASGIApp], settings: Settings, *, factory: bool = False) -> uvicorn.Config:
    """uvicorn as it serves an app here: it writes no access log of its own, and asks nobody who the client is."""
    return uvicorn.Config(
        app,
        factory=factory,
        workers=settings.workers,
        timeout_worker_healthcheck=_WORKER_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws=WebSocketProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # it would cost more than the translation, for every event
        timeout_graceful_shutdown=max(1, round(settings.shutdown_grace_seconds)),
    )


def log_to(file: TextIO) -> None:
    """Logs to a text file, each line with the id of its request."""
    # no line says them, and finding them out costs a fiftieth of a request
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(file)
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it would log the queries of WebSockets, keys and all
