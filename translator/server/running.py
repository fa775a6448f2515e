"""A server process: its socket, its log, its end."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator
from typing import TextIO

import uvicorn

from .app import create_app
from .observation import RequestIdFilter
from .origins import WrongSetting
from .settings import Settings

_BACKLOG = 2048


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


def announcement(settings: Settings, listener: socket.socket) -> Iterator[str]:
    """What to tell who started the server: where it listens, and who answers."""
    host, port = listener.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    yield f"Serving the Responses API on http://{host}:{port}/v1"
    for upstream in settings.upstreams:
        yield f"Upstream {upstream.name}: {upstream.base_url}"
    if not settings.upstreams:
        yield "This is a demo: no upstream is set, and a small built-in stand-in for a model (named 'demo') answers."
        yield "To name a real one: translator serve --upstream http://127.0.0.1:8000/v1"
    if settings.auth == "keys" and not settings.api_keys:
        yield "No client key is set: requests from this machine are answered without one."


def run(settings: Settings, listener: socket.socket) -> None:
    """Serves until it is told to stop by a signal."""
    log_to(sys.stderr)
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # it would cost more than the translation, for every event
        timeout_graceful_shutdown=max(1, round(settings.shutdown_grace_seconds)),
    )
    uvicorn.Server(config).run(sockets=[listener])


def log_to(file: TextIO) -> None:
    """Logs to a text file, each line with the id of its request."""
    handler = logging.StreamHandler(file)
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
