"""The models that come with the package are those that were put there."""

from __future__ import annotations

import hashlib

from conftest import ROOT

MODELS = ROOT / "models"


def test_models_have_their_checksums() -> None:
    lines = (MODELS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    expected = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    files = [path for path in MODELS.iterdir() if path.name != "SHA256SUMS"]
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert found == expected, "If the models are to change, run: cd models && sha256sum *.md *.safetensors > SHA256SUMS"
