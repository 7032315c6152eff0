"""Text that a page holds but does not show: which blocks it is in, how much of them, and why it is not seen.

`stylesheets` finds what the page's own style rules and ``style`` attributes declare for each element; `reasons` says
what of that, and of the elements themselves, hides text.
"""

from __future__ import annotations

from boilerplate.hidden.reasons import REASONS, HiddenText, find_hidden, nothing_hidden

__all__ = ["REASONS", "HiddenText", "find_hidden", "nothing_hidden"]
