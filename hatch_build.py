"""Packs the labels of the public pages into one file of the wheel: 900 small ones would be slow to install."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LabelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``boilerplate/public/labels.zip``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the archive; the same labels give the same bytes. An editable install reads them where they are."""
        if self.target_name != "wheel" or version == "editable":
            return
        path = Path(self.directory) / "labels.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not compressed: the wheel compresses the whole of it, and better.
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted((Path(self.root) / "datasets" / "public" / "labels").glob("*.json")):
                info = zipfile.ZipInfo(f"labels/{file.name}", (1980, 1, 1, 0, 0, 0))
                archive.writestr(info, file.read_bytes())
        build_data["force_include"][str(path)] = "boilerplate/public/labels.zip"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing but the wheel."""
        (Path(self.directory) / "labels.zip").unlink(missing_ok=True)
