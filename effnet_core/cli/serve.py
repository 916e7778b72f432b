"""The command that answers other computers over HTTP: serve."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..serving.limits import Limits


def add_commands(command) -> None:
    parser = command(serve)
    parser.add_argument("--port", type=int, default=8600, help="default 8600")
    parser.add_argument("--address", default="127.0.0.1", help="beyond loopback a token is needed; default 127.0.0.1")
    parser.add_argument("--token-file", type=Path, help="a file with tokens, one a line: clients must send one")
    most = Limits()
    parser.add_argument(
        "--seconds", type=float, default=most.seconds, help=f"that one answer may take; default {most.seconds:g}"
    )
    parser.add_argument(
        "--a-minute", type=int, default=most.a_minute, help=f"requests of one address; default {most.a_minute}"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def serve(options: argparse.Namespace) -> int:
    """Answer pictures over HTTP: /v1/explain, /v1/attribute and others, described at / and /openapi.json."""
    try:
        from ..serving import server, tokens
    except ModuleNotFoundError as missing:
        raise ValueError(
            f"serving needs {missing.name}, which is not installed: pip install -r requirements-cluster.txt"
        ) from missing
    if not 1 <= options.port < 1 << 16:
        raise ValueError(f"port {options.port}; allowed is 1 to 65535")
    limits = Limits(options.seconds, options.a_minute)
    known = tokens.read_tokens(options.token_file)
    tokens.check(options.address, known)
    address = f"http://{options.address}:{options.port}"
    told = json.dumps({"address": address}) if options.json else f"The engine answers at {address} (stop: Ctrl+C)"
    print(told, flush=True)
    server.serve(options.address, options.port, tokens=known, device=options.device, limits=limits)
    return 0
