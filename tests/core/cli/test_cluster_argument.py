"""--cluster where Ray is not installed: a sentence and exit code 2."""

import sys

from effnet_core import serving
from effnet_core.__main__ import main
from effnet_core.images.samples import load_sample


def test_without_ray_it_says_how_to_install_it(tmp_path, monkeypatch, capsys):
    load_sample("coffee").save(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "effnet_core.serving.on_ray", raising=False)
    monkeypatch.delattr(serving, "on_ray", raising=False)
    words = ["explain", str(tmp_path / "a.png"), "--out", str(tmp_path / "a.parquet"), "--cluster"]
    assert main(words) == 2
    assert "--cluster needs ray, which is not installed: pip install -r requirements-cluster.txt" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "a.parquet").exists()
