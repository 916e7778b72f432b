"""B7's full layer table: this cost model beside torchinfo and fvcore, in one run, one thread.

Each tool is timed in new processes: the first table a process makes (cold), nothing kept from an earlier one.
torchinfo and fvcore walk a built network; building is not counted. torchinfo's lies on the meta device, so that no
arithmetic is done; fvcore traces a real forward pass on the CPU, since its trace fails on the meta device.
Writes benchmarks/cost.json. Run it on an idle machine: python benchmarks/cost.py
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
RUNS = 9
CLOCK = "import time; start = time.perf_counter(); {work}; print(time.perf_counter() - start)"
NETWORK = (
    "import torch; torch.set_num_threads(1); torch.set_default_device('{device}'); import torchvision; "
    "network = torchvision.models.efficientnet_b7().eval(); picture = torch.empty(1, 3, 600, 600); "
)
TOOLS = {
    "effnet_core": (
        "from effnet_core.architecture import released; from effnet_core.cost import layers_of; ",
        "layers_of(released('b7'))",
    ),
    "torchinfo": (
        NETWORK.format(device="meta") + "from torchinfo import summary; ",
        "summary(network, input_data=picture, verbose=0, device='meta')",
    ),
    "fvcore": (
        NETWORK.format(device="cpu") + "from fvcore.nn import FlopCountAnalysis; "
        "import logging; logging.getLogger('fvcore').setLevel(logging.ERROR); ",
        "FlopCountAnalysis(network, picture).unsupported_ops_warnings(False).by_module()",
    ),
}


def seconds(tool: str) -> list[float]:
    setup, work = TOOLS[tool]
    command = [sys.executable, "-c", setup + CLOCK.format(work=work)]
    outputs = [
        subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True) for _ in range(RUNS)
    ]
    return [float(output.stdout.split()[-1]) for output in outputs]


def main() -> None:
    times = {tool: seconds(tool) for tool in TOOLS}
    ours = statistics.median(times["effnet_core"])
    rows = {
        tool: {
            "median_ms": 1e3 * statistics.median(values),
            "fastest_ms": 1e3 * min(values),
            "slowest_ms": 1e3 * max(values),
            "ratio_to_effnet_core": statistics.median(values) / ours,
        }
        for tool, values in times.items()
    }
    conditions = {
        "what": "full layer table of EfficientNet-B7 at 600 px, first table of a new process",
        "runs": RUNS,
        "threads": 1,
        "machine": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "torchvision", "torchinfo", "fvcore")},
        "date": date.today().isoformat(),
    }
    (HERE / "cost.json").write_text(json.dumps({"conditions": conditions, "results": rows}, indent=1) + "\n")
    for tool, row in rows.items():
        print(f"{tool:12} {row['median_ms']:10.3f} ms  {row['ratio_to_effnet_core']:8.0f}x")


if __name__ == "__main__":
    main()
