"""Why a block has its label: what moved its probability most, in words.

`contributions` takes the margins of the trees apart, feature by feature; `phrases` groups features and tells them in
the words of `vocabulary`; `tokens` finds the words and names that learned scores rest on; `reasons` puts them together.
"""

from __future__ import annotations

from boilerplate.explanation.reasons import Explanation, Reason, explain_blocks

__all__ = ["Explanation", "Reason", "explain_blocks"]
