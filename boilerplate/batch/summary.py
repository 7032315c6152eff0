"""Counts of what became of the pages of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from boilerplate.batch.outcome import OK, STATUSES

__all__ = ["Summary"]

_WORDS = {
    "empty": "empty",
    "not_html": "not HTML",
    "unreadable": "unreadable",
    "limit": "past a limit",
    "timeout": "took too long",
    "crashed": "brought their process down",
    "error": "failed",
}


@dataclass
class Summary:
    """Counts of pages.

    Attributes
    ----------
    outcomes : Counter of str
        Pages by `boilerplate.batch.STATUSES`, those of interrupted runs before this one too.
    """

    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def pages(self) -> int:
        return sum(self.outcomes.values())

    @property
    def cleaned(self) -> int:
        return self.outcomes[OK]

    def sentence(self, *, skipped: Mapping[str, int], here: int, seconds: float) -> str:
        """The counts in words.

        Parameters
        ----------
        skipped : mapping of str to int
            What archives hold that is no page, by kind.
        here : int
            Pages of this run.
        seconds : float
            That it took.
        """
        failed = [f"{self.outcomes[s]} {_WORDS[s]}" for s in STATUSES if s != OK and self.outcomes[s]]
        if not self.pages:
            # "0 of 0" would leave open whether something has gone wrong.
            parts = ["The inputs hold no page"]
        else:
            parts = [f"{self.cleaned} of {self.pages} pages cleaned", *([", ".join(failed)] if failed else [])]
        parts += [f"{count} {kind} skipped" for kind, count in sorted(skipped.items()) if count]
        if here < self.pages:
            parts.append(f"{self.pages - here} of them before this run")
        if here and seconds > 0:
            parts.append(f"{here / seconds:.1f} pages a second")
        return f"{'; '.join(parts)}."
