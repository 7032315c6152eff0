"""Takes the pictures of the annotator and of the overlay anew, with the default model and a headless Chromium.

    python docs/screenshots.py [-o DIRECTORY]

Needs playwright and Chromium (Debian: apt-get install chromium). To be run when the default model or one of both views
has changed; look at what is written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "datasets" / "own"
SEED = ROOT / "datasets" / "seed" / "page.html"
#: A page that brings a style sheet along, so that it looks as its readers see it.
PAGE = Path("datasets", "own", "html", "own-news-en.html")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def annotator(*arguments: str | Path) -> Iterator[str]:
    """Run the annotator; gives its address."""
    command = [sys.executable, "-m", "boilerplate", "annotate", *map(os.fspath, arguments), "--no-browser"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT)
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("http://127.0.0.1:"):
                yield line.strip()
                return
        raise RuntimeError("".join(said))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def settle(tab: Any) -> None:
    """Wait until what was asked of the server is shown."""
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(300)


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)
        settle(tab)


def select(tab: Any, text: str) -> None:
    """Choose the first block that holds a text, by searching for it."""
    press(tab, "/")
    tab.keyboard.type(text)
    press(tab, "Enter", "Escape")


def annotating(browser: Any, pictures: Path) -> None:
    """A page as it is first shown, and with some labels."""
    with TemporaryDirectory() as labels, annotator(PAGE, "-o", labels) as url:
        tab = browser.new_page(viewport={"width": 1120, "height": 700})
        tab.goto(url)
        tab.wait_for_selector("html[data-revision]")
        settle(tab)
        tab.screenshot(path=pictures / "annotate-start.png")
        for text, label in (("Skip to", "4"), ("Island ferry crews vote", "1"), ("Deckhands and engineers", "1")):
            select(tab, text)
            press(tab, label)
        select(tab, "Advertisement")
        press(tab, "2")
        tab.screenshot(path=pictures / "annotate-labelled.png")
        tab.close()


def review(browser: Any, pictures: Path) -> None:
    """A page on which model and labels disagree."""
    with TemporaryDirectory() as labels, annotator("--review", OWN, "-o", labels) as url:
        tab = browser.new_page(viewport={"width": 1120, "height": 700})
        tab.goto(url)
        tab.wait_for_selector("html[data-revision]")
        press(tab, "j")
        tab.screenshot(path=pictures / "annotate-review.png")
        tab.close()


def overlay(browser: Any, pictures: Path) -> None:
    """The seed page with the reasons why the banner in its ticker is promotion."""
    with TemporaryDirectory() as directory:
        path = Path(directory, "overlay.html")
        command = [sys.executable, "-m", "boilerplate", "label", str(SEED), "-f", "overlay", "-o", str(path)]
        subprocess.run(command, check=True, cwd=ROOT)
        tab = browser.new_page(viewport={"width": 1240, "height": 760})
        tab.goto(path.as_uri())
        entry = tab.get_by_text("Подробнее", exact=True).last
        entry.scroll_into_view_if_needed()
        entry.hover()
        tab.wait_for_timeout(500)
        tab.screenshot(path=pictures / "overlay-seed.png")
        tab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "images")
    pictures = parser.parse_args().output
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for take in (annotating, review, overlay):
            take(browser, pictures)
        browser.close()


if __name__ == "__main__":
    main()
