"""The pages of one sitting: opened one at a time, edited step by step, saved after each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from boilerplate import features
from boilerplate.annotate.editing import Editor, block_elements
from boilerplate.annotate.pages import AnnotationPage
from boilerplate.annotate.store import LabelStore, SavedLabels
from boilerplate.blocks import BlockTable, segment
from boilerplate.errors import UsageError
from boilerplate.labels import LABELS, UNKNOWN, PathIndex, Region, labels_from_regions, text_fingerprint
from boilerplate.model.model import Model
from boilerplate.page import parse
from boilerplate.rendering import Snapshot, snapshot

__all__ = ["OpenPage", "Workspace"]

#: Pages that are kept open, so that going back to one keeps its steps to undo.
MAX_OPEN = 12
#: A character for each label, decided or suggested, in the string that says how every block stands.
DECIDED = "0123"
SUGGESTED = "abcd"


@dataclass
class OpenPage:
    """A page while it is being labelled.

    Attributes
    ----------
    table : BlockTable
    shown : Snapshot
    probabilities : ndarray of float64, shape (n_blocks, len(LABELS))
        The model's.
    editor : Editor
    saved : SavedLabels
        What stands in the label file.
    kept : dict of int to Region
        Regions as they were read, by element: one that is not touched stays as it is.
    strays : tuple of Region
        Regions whose element is not on the page; they stay in the file.
    notes : tuple of str
        What is to be said about the page.
    """

    table: BlockTable
    shown: Snapshot
    probabilities: NDArray[np.float64]
    editor: Editor
    saved: SavedLabels
    kept: dict[int, Region]
    strays: tuple[Region, ...]
    notes: tuple[str, ...]


class Workspace:
    """Pages to be labelled, the model that suggests, and the dataset that labels go to.

    Parameters
    ----------
    pages : sequence of AnnotationPage
        In the order they are to be labelled.
    store : LabelStore
    model : Model
    review : LabelStore, optional
        Labels to start from where `store` has none; with it, blocks where model and labels disagree are what the
        annotator is led through.
    """

    def __init__(
        self, pages: Sequence[AnnotationPage], store: LabelStore, model: Model, review: LabelStore | None = None
    ) -> None:
        self.pages = list(pages)
        self.store = store
        self.model = model
        self.review = review
        self.saved_steps = 0
        self._open: OrderedDict[int, OpenPage] = OrderedDict()
        self._status = [self._first_status(page) for page in self.pages]

    def _first_status(self, page: AnnotationPage) -> int:
        # Reading every label file at once shows a broken one before work begins.
        return self.store.read(page.id).undecided if self.store.has(page.id) else -1

    def overview(self) -> dict[str, Any]:
        """All pages with how far each is: undecided blocks, -1 for one without a label."""
        return {
            "labels": list(LABELS),
            "review": self.review is not None,
            "target": str(self.store.root),
            "pages": [
                {"id": page.id, "name": page.name, "url": page.url, "undecided": undecided}
                for page, undecided in zip(self.pages, self._status, strict=True)
            ],
        }

    def page(self, number: int) -> dict[str, Any]:
        """A page with everything the browser needs to show it.

        Raises
        ------
        UsageError
            If there is no page of this number.
        BoilerplateError
            If the page or its labels cannot be used.
        """
        opened = self._opened(number, fresh=True)
        table = opened.table
        return {
            "number": number,
            "id": self.pages[number].id,
            "notes": opened.notes,
            "tree": opened.shown.to_json(),
            "parent": table.parent.tolist(),
            "end": table.end.tolist(),
            "blocks": {
                "text": [text.encode("utf-8", "replace").decode("utf-8") for text in table.text],
                "element": block_elements(table).tolist(),
                "probabilities": np.round(opened.probabilities, 3).tolist(),
                "suggestion": opened.editor.suggestion.tolist(),
            },
            "state": self._state(number, opened),
        }

    def act(self, number: int, action: Mapping[str, Any]) -> dict[str, Any]:
        """Take a step and save.

        Parameters
        ----------
        number : int
            Of the page.
        action : mapping
            ``action``: label, label_block, clear, accept, accept_all, check, undo or redo; with ``element``, ``block``
            and ``label`` (its name) where the step needs them. label, clear and accept may have ``first`` and ``last``
            of a run of blocks instead of ``element``.

        Returns
        -------
        dict
            How every block stands now.

        Raises
        ------
        UsageError
            If the step cannot be understood.
        BoilerplateError
            If it cannot be saved; then it is not taken.
        """
        opened = self._opened(number)
        editor = opened.editor
        before = editor.history()
        try:
            message = _take(editor, action)
            if editor.history().now is not before.now:
                self._save(number, opened)
        except BaseException:
            editor.revert(before)
            raise
        return self._state(number, opened) | {"message": message}

    def _state(self, number: int, opened: OpenPage) -> dict[str, Any]:
        editor = opened.editor
        decided = editor.block_labels().tolist()
        codes = (
            DECIDED[label] if label != UNKNOWN else SUGGESTED[hint]
            for label, hint in zip(decided, editor.suggestion.tolist(), strict=True)
        )
        checked = editor.checked
        return {
            "blocks": "".join(codes),
            "regions": [[element, label] for element, label in editor.regions.items()],
            "checked": [b for b in range(len(opened.table)) if editor.element_of(b) in checked] if checked else [],
            "undecided": decided.count(UNKNOWN),
            "page_undecided": self._status[number],
            "can_undo": editor.can_undo,
            "can_redo": editor.can_redo,
            "message": "",
        }

    def _opened(self, number: int, *, fresh: bool = False) -> OpenPage:
        if not 0 <= number < len(self.pages):
            raise UsageError(f"There is no page number {number + 1}. Reload the browser's page.")
        opened = self._open.get(number)
        # Labels that something else changed are read again when the page is shown.
        if opened is not None and fresh and self.store.read(self.pages[number].id).data != opened.saved.data:
            opened = None
        if opened is None:
            opened = self._open[number] = self._read(self.pages[number])
        self._open.move_to_end(number)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return opened

    def _read(self, page: AnnotationPage) -> OpenPage:
        table = segment(parse(page.read(), url=page.url or None))
        notes = list(table.page.notes)
        saved = self.store.read(page.id)
        source = saved
        if self.review is not None and not saved.data:
            source = self.review.read(page.id)
            saved = SavedLabels(others=source.others)
        if source.regions:
            notes += labels_from_regions(table, source.regions)[1]
        find = PathIndex(table).find
        regions: dict[int, int] = {}
        kept: dict[int, Region] = {}
        strays = []
        for region in source.regions:
            element = find(region.xpath)
            if element is None:
                strays.append(region)
            elif element not in regions or regions[element] < LABELS.index(region.label):
                # Of two labels of one element the later counts, as for training.
                regions[element] = LABELS.index(region.label)
                kept[element] = region
        checked = frozenset(element for path in source.checked if (element := find(path)) is not None)
        probabilities = np.zeros((0, len(LABELS)))
        if len(table):
            probabilities = self.model.predict(features.read(table)).probabilities
        suggestion = probabilities.argmax(axis=1).astype(np.int8)
        return OpenPage(
            table=table,
            shown=snapshot(table),
            probabilities=probabilities,
            editor=Editor(table, regions, suggestion, checked),
            saved=saved,
            kept=kept,
            strays=tuple(strays),
            notes=tuple(notes),
        )

    def _save(self, number: int, opened: OpenPage) -> None:
        table, editor = opened.table, opened.editor
        elements: list[etree._Element] | None = None
        regions: list[Region] = []
        for element, label in editor.regions.items():
            known = opened.kept.get(element)
            if known is None or known.label != LABELS[label]:
                if elements is None:
                    elements = list(table.page.root.iter(etree.Element))
                known = Region(table.xpath(element), LABELS[label], text_fingerprint(elements[element]))
                opened.kept[element] = known
            regions.append(known)
        undecided = int((editor.block_labels() == UNKNOWN).sum())
        opened.saved = self.store.save(
            self.pages[number],
            opened.saved,
            [*regions, *opened.strays],
            checked=[table.xpath(element) for element in editor.checked],
            undecided=undecided if regions else 0,
        )
        self._status[number] = undecided if opened.saved.data else -1
        self.saved_steps += 1


def _take(editor: Editor, action: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one line a step
    match action:
        case {"action": "label", "element": int(element), "label": str(label)} if label in LABELS:
            return editor.label(element, LABELS.index(label))
        case {"action": "label_block", "block": int(block), "label": str(label)} if label in LABELS:
            return editor.label_block(_block(editor, block), LABELS.index(label))
        case {"action": "label", "first": int(first), "last": int(last), "label": str(label)} if label in LABELS:
            return editor.label_blocks(*_run(editor, first, last), LABELS.index(label))
        case {"action": "clear", "first": int(first), "last": int(last)}:
            return editor.clear_blocks(*_run(editor, first, last))
        case {"action": "accept", "first": int(first), "last": int(last)}:
            return editor.accept_blocks(*_run(editor, first, last))
        case {"action": "clear", "element": int(element)}:
            return editor.clear(element)
        case {"action": "accept", "element": int(element)}:
            return editor.accept(element)
        case {"action": "accept_all"}:
            return editor.accept_all()
        case {"action": "check", "block": int(block)}:
            return editor.check(editor.element_of(_block(editor, block)))
        case {"action": "undo"}:
            return editor.undo()
        case {"action": "redo"}:
            return editor.redo()
    raise UsageError("This step is not known. Reload the browser's page.")


def _run(editor: Editor, first: int, last: int) -> tuple[int, int]:
    if first > last:
        raise UsageError("The selection ends before it begins. Reload the page.")
    return _block(editor, first), _block(editor, last)


def _block(editor: Editor, block: int) -> int:
    if not 0 <= block < len(editor.table):
        raise UsageError("There is no such block on this page. Reload the page.")
    return block
