"""The paper's two speed claims on this machine: one picture, one thread, as in its Table 4; random weights.

EfficientNet-B7 at 600 px beside AmoebaNet-B (18, 512) at 480 px, which is what GPipe trained, and B1 at 240 px beside
ResNet-152 at 224 px. Writes benchmarks/headline.json. Run it on an idle machine: python benchmarks/headline.py
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from effnet_core.machine import latency  # noqa: E402
from effnet_core.networks import comparison  # noqa: E402
from effnet_core.published import claims  # noqa: E402

RUNS = 20  # as in the paper's Sec. 5.2; slow networks get fewer, which their row tells


def measure(name: str) -> dict:
    print(f"{name} …", flush=True)
    row = latency.measure(
        partial(comparison.build, name), name=name, resolution=claims.resolution(name), threads=1, runs=RUNS
    )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {**asdict(row), "load_average": load}


def main() -> None:
    measured = [claim for claim in claims.claims() if claim.is_measured]
    rows = {
        name: measure(name) for name in dict.fromkeys(name for claim in measured for name in (claim.ours, claim.theirs))
    }
    answers = [
        {
            "claim": claim.text,
            "published": claim.published,
            "measured": rows[claim.theirs]["median_ms"] / rows[claim.ours]["median_ms"],
            "source": claim.source,
        }
        for claim in measured
    ]
    conditions = {
        "what": "one forward pass of one picture on one thread, eager PyTorch, random weights; median of the runs",
        "note": "load_average counts this measurement itself: well over 1 means that the machine was not idle",
    }
    answer = {"conditions": conditions, "claims": answers, "rows": list(rows.values())}
    (HERE / "headline.json").write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    for name, row in rows.items():
        spread = f"{row['lower_ms']:.1f} to {row['upper_ms']:.1f}, {row['runs']} runs"
        print(f"{name:16} {row['median_ms']:10.1f} ms  ({spread})")
    for claim in answers:
        print(f"{claim['claim']}: measured {claim['measured']:.1f}×")


if __name__ == "__main__":
    main()
