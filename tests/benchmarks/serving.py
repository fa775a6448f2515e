"""A server that tells its own CPU time: `python -m tests.benchmarks.serving bare|translator UPSTREAM_URL`.

It prints its port, then the seconds of CPU it has used for each line it reads.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

import uvicorn

from translator.server import running
from translator.server.app import create_app
from translator.server.settings import Model, Settings, Upstream

from . import bare


def main(kind: str, upstream: str) -> None:
    if kind == "bare":
        app = bare.create_app(upstream)
    else:
        running.log_to(open(os.devnull, "w"))  # noqa: SIM115 - for as long as the process lives
        named = Upstream(base_url=upstream, models=(Model(name="gpt-demo"),))
        app = create_app(Settings(store="memory:", upstreams=(named,)))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    def tell() -> None:
        for _ in sys.stdin:
            print(time.process_time(), flush=True)
        server.should_exit = True

    threading.Thread(target=tell, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
