"""A server that tells its own CPU time: `python -m tests.benchmarks.serving bare|translator UPSTREAM_URL [STORE]`.

It prints its port, then the seconds of CPU it has used for each line it reads.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import time

import uvicorn

from translator.server import running
from translator.server.settings import Model, Settings, Upstream

from . import bare


def configure(kind: str, upstream: str, store: str = "memory:") -> uvicorn.Config:
    if kind == "bare":
        config = uvicorn.Config(bare.create_app(upstream), log_config=None, access_log=False, proxy_headers=False)
        gc.collect()  # as the server does: else the passes over this process' imports would count against it
        gc.freeze()
        return config
    running.log_to(open(os.devnull, "w"))  # noqa: SIM115 - for as long as the process lives
    settings = Settings(store=store, upstreams=(Upstream(base_url=upstream, models=(Model(name="gpt-demo"),)),))
    return running.configure(running.make_app(settings), settings)


def main(*arguments: str) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # where the server it is measured beside runs, too
    server = uvicorn.Server(configure(*arguments))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)

    def tell() -> None:
        for _ in sys.stdin:
            print(time.process_time(), flush=True)
        server.should_exit = True

    threading.Thread(target=tell, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
