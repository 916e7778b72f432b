"""nginx before the app's processes: its configuration, which sends each student to the same process always.

Thirty students behind one school router share an address, so a cookie with the process's number keeps them apart. nginx
hands it out with a browser's first page. Should that process end, its students go on with another: the handshake of
their websocket, which is their session, says which one, so that pictures and uploads follow it there.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Sequence
from pathlib import Path

MISSING = (
    "nginx is not installed, which divides a class among several processes of the app. Install it (Debian and Ubuntu: "
    "apt-get install nginx-light; macOS: brew install nginx), or start one process without it: make run"
)
OFTEN_NOT_IN_PATH = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")
MOST_FILES = 8192  # a browser opens up to seven connections, and most of them need a second one to a worker
STOP_S = 2  # then websockets, which stay open for a whole lesson, are closed
PEER = "127.0.0.1:{port} max_fails=2 fail_timeout=3s"

CONFIGURATION = """\
daemon off;
worker_processes 1;  # one can serve thousands; one also divides new students exactly
worker_rlimit_nofile {files};
worker_shutdown_timeout {stop_s}s;
pid {folder}/nginx.pid;
error_log stderr crit;  # not each request that finds a worker starting

events {{
    worker_connections {files};
}}

http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

{upstreams}
    map $http_upgrade $connection_header {{
        default upgrade;
        '' close;
    }}
    map $cookie_{cookie} $chosen {{
        default any;
{choices}
    }}
    map $upstream_addr $answered {{  # after a failure it names all that were tried, the last one answered
{answers}
    }}
    map $chosen $missing {{
        default '';
        any '{cookie}=$answered; Path=/; HttpOnly; SameSite=Lax';
    }}
    map $arg_w $of_vote {{  # a vote lives in one process, and its link says in which
        default $chosen;
{choices}
    }}
    map $arg_w $voter {{
        default $missing;
{voters}
    }}
    map 'worker$answered $chosen' $moved {{
        default '{cookie}=$answered; Path=/; HttpOnly; SameSite=Lax';
        '~^(.+) \\1$' '';
    }}

    server {{
        listen {listen};
        client_max_body_size {upload_mb}m;

        proxy_http_version 1.1;
        proxy_set_header Host $http_host;  # what the browser asked for: Streamlit compares it with the page's origin
        proxy_set_header X-Forwarded-For $remote_addr;  # so that the app knows: its visitor is not at this computer
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_header;
        proxy_request_buffering off;  # nothing that a student sends is written to disk,
        proxy_max_temp_file_size 0;   # nor what is sent back
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
        proxy_next_upstream error;  # a busy process is waited for; nginx repeats no POST

        location / {{
            proxy_pass http://$chosen;
            add_header Set-Cookie $missing always;
        }}
        location = /vote {{
            proxy_pass http://$of_vote;
            add_header Set-Cookie $voter always;
        }}
        location = /_stcore/stream {{
            proxy_pass http://$chosen;
            add_header Set-Cookie $moved always;
        }}
        location = /_stcore/metrics {{
            {local}
            proxy_pass http://$chosen;
        }}
        location = /metrics {{
            {local}
            proxy_pass http://127.0.0.1:{status_port};
        }}
        location = /readyz {{
            proxy_pass http://127.0.0.1:{status_port};
        }}
        location = /healthz {{
            default_type text/plain;
            return 200 'ok\\n';
        }}
        error_page 502 504 = @nobody;
        location @nobody {{
            default_type text/html;
            add_header Retry-After 3 always;
            return 503 '{nobody}';
        }}
    }}
}}
"""
NOBODY = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
    "<title>EfficientNet lab</title><p>The app is starting. This page tries again every three seconds.</p></html>"
)


def program() -> str:
    """Path of nginx. Raises RuntimeError saying how to install it."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *OFTEN_NOT_IN_PATH))
    found = shutil.which("nginx", path=path)
    if found is None:
        raise RuntimeError(MISSING)
    return found


def command(configuration: Path) -> list[str]:
    return [program(), "-e", "stderr", "-p", str(configuration.parent), "-c", str(configuration)]


def configuration(
    *, address: str, port: int, worker_ports: Sequence[int], status_port: int, upload_mb: int, folder: Path
) -> str:
    """nginx's configuration; all that it writes is in `folder`. `upload_mb`: of the largest request."""
    numbers, cookie = range(len(worker_ports)), f"effnet_worker_{port}"  # browsers send one to all ports of a host
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONFIGURATION.format(
        listen=f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
        upstreams="\n".join(_upstreams(worker_ports)),
        cookie=cookie,
        voters=_lines(f"{number} '{cookie}={number}; Path=/; HttpOnly; SameSite=Lax';" for number in numbers),
        choices=_lines(f"{number} worker{number};" for number in numbers),
        answers=_lines(f"'~:{worker_ports[number]}$' {number};" for number in numbers),
        local="allow 127.0.0.1; allow ::1; deny all;",
        files=MOST_FILES if most_files == resource.RLIM_INFINITY else min(most_files, MOST_FILES),
        stop_s=STOP_S,
        nobody=NOBODY,
        status_port=status_port,
        upload_mb=upload_mb,
        folder=folder,
    )


def _upstreams(ports: Sequence[int]) -> list[str]:
    """`any` for those who come first, and one for each worker, whose students the others take over."""
    groups = {"any": [PEER.format(port=port) for port in ports]}
    for number, port in enumerate(ports):
        others = [f"{PEER.format(port=other)} backup" for other in ports if other != port]
        groups[f"worker{number}"] = [PEER.format(port=port), *others]
    return [
        f"    upstream {name} {{\n" + _lines(f"server {peer};" for peer in peers) + "\n    }"
        for name, peers in groups.items()
    ]


def _lines(lines) -> str:
    return "\n".join(f"        {line}" for line in lines)
