"""The engine for other computers: its answers as bytes, the HTTP API that gives them, on one machine or a Ray cluster.

`effnet_core.serving:app` is what `serve run` and a Serve config file name.
"""

from __future__ import annotations


def __getattr__(name: str) -> object:
    """`app` comes with Ray, which nothing else here needs."""
    if name == "app":
        from .cluster import app

        return app
    raise AttributeError(f"module {__name__!r} has no {name!r}; it offers app")
