"""A git repository that stands in for a project that publishes labelled pages."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
from pathlib import Path

BODY = "<html><head><title>{0}</title></head><body><nav><a href='/'>Home</a></nav><main>{1}</main></body></html>"
SENTENCE = "Rain fell on the {0} all night, and in the morning page {1} was as grey as the sea beside the harbour."


def page_html(name: str, number: int) -> bytes:
    """A small page with one paragraph."""
    return BODY.format(name, f"<p>{SENTENCE.format(name, number)}</p>").encode()


def git(*arguments: str | Path, cwd: Path) -> str:
    """Run git without the user's settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "tester@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class UpstreamRepository:
    """Three collections in one repository, and a manifest of them.

    Attributes
    ----------
    base : Path
        What stands for the host: ``<base>/owner/name``.
    manifest : Path
        The manifest's directory.
    html : dict of str to bytes
        Pages by id.
    """

    def __init__(self, root: Path, n_pages: int = 3) -> None:
        self.base = root / "host"
        self.repository = self.base / "owner" / "name"
        self.manifest = root / "manifest"
        self.html: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {
            "LICENSE": b"Do what is right.\n",
            "CITATION.cff": b"title: pages\n",
            "README.md": b"Pages.\n",
            "unrelated.bin": os.urandom(5000),
        }
        self.lines: list[dict[str, object]] = []
        entries = {}
        for number in range(n_pages):
            name = f"{number:04}"
            html = page_html("harbour", number)
            self.files[f"dev/html/{name}.html.gz"] = gzip.compress(html)
            truth = {
                "url": f"https://w{number}.example/",
                "ground_truth": {"main_content": SENTENCE.format("x", number)},
            }
            self.files[f"dev/ground-truth/{name}.json"] = json.dumps(truth).encode()
            self._note("wcxb", name, html, f"dev/html/{name}.html.gz", "main_text")
            html = page_html("größe", number)
            self.files[f"tests/eval/seite-ü{number}.html"] = html
            url = f"https://t{number}.example/"
            entries[url] = {"file": f"seite-ü{number}.html", "with": ["Rain fell"], "without": ["Home"]}
            self._note("traf", name, html, f"tests/eval/seite-ü{number}.html", "snippets")
            html = page_html("mountain", number)
            self.files[f"test/test-pages/p-{number}/source.html"] = html
            expected = f"<div><p>{SENTENCE.format('mountain', number)}</p></div>"
            self.files[f"test/test-pages/p-{number}/expected.html"] = expected.encode()
            self._note("moz", name, html, f"test/test-pages/p-{number}/source.html", "main_text")
        self.files["tests/evaldata.py"] = f"EVAL_PAGES = {entries!r}\n".encode()
        self.commit = self._commit()
        self._write_manifest()

    def _note(self, source: str, name: str, html: bytes, path: str, gold: str) -> None:
        self.html[f"{source}-{name}"] = html
        self.lines.append(
            {
                "id": f"{source}-{name}",
                "source": source,
                "url": f"https://{source}{name}.example/",
                "site": f"{source}{name}.example",
                "sha256": hashlib.sha256(html).hexdigest(),
                "bytes": len(html),
                "upstream": {"repo": "owner/name", "commit": "", "path": path},
                "gold": [gold, "labels"],
            }
        )

    def _commit(self) -> str:
        for path, data in self.files.items():
            (self.repository / path).parent.mkdir(parents=True, exist_ok=True)
            (self.repository / path).write_bytes(data)
        git("init", "-q", cwd=self.repository)
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            git("config", key, "true", cwd=self.repository)
        git("add", "-A", cwd=self.repository)
        git("commit", "-q", "-m", "pages", cwd=self.repository)
        pinned = git("rev-parse", "HEAD", cwd=self.repository)
        # Upstream goes on, and pages change; the pinned commit is what counts.
        (self.repository / "dev/html/0000.html.gz").write_bytes(gzip.compress(b"<p>changed</p>"))
        git("commit", "-q", "-a", "-m", "later", cwd=self.repository)
        return pinned

    def _write_manifest(self) -> None:
        (self.manifest / "labels").mkdir(parents=True, exist_ok=True)
        sources = [
            {
                "name": "wcxb",
                "title": "Stand-in",
                "licence": "CC-BY-4.0",
                "citation": "A. Author",
                "gold_format": "wcxb",
            },
            {"name": "traf", "gold_format": "evaldata"},
            {"name": "moz", "gold_format": "readability"},
        ]
        (self.manifest / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
        self.write_lines()
        for line in self.lines:
            regions = {
                "page": line["id"],
                "regions": [
                    {"xpath": "/html/body", "label": "chrome"},
                    {"xpath": "/html/body/main/p", "label": "article"},
                ],
            }
            (self.manifest / "labels" / f"{line['id']}.json").write_text(json.dumps(regions), encoding="utf-8")

    def write_lines(self) -> None:
        """Write ``manifest.jsonl``."""
        for line in self.lines:
            line["upstream"]["commit"] = self.commit  # type: ignore[index]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines)
        (self.manifest / "manifest.jsonl").write_text(text, encoding="utf-8")

    def make_archive(self) -> Path:
        """The archive as a host makes it: ``<base>/owner/name/archive/<commit>.tar.gz``."""
        path = self.repository / "archive" / f"{self.commit}.tar.gz"
        path.parent.mkdir(exist_ok=True)
        git("archive", "--format=tar.gz", f"--prefix=name-{self.commit}/", "-o", path, self.commit, cwd=self.repository)
        return path
