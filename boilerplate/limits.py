"""Limits on what one page may cost; a page past one of them is refused, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, fields

from boilerplate.blocks import BlockTable
from boilerplate.errors import LimitError, UsageError

__all__ = ["DEFAULT_LIMITS", "NO_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost. None stands for no limit.

    The first three hold wherever a page is labelled. The others are limits of a process, which a library must not set
    for the one it is used in: they hold on the command line, and in batches and frames (`boilerplate.batch`,
    `boilerplate.frames`), where pages have processes of their own, which can be ended whatever they are doing.

    Attributes
    ----------
    max_bytes : int, optional
        Length of a page, unpacked; of text, in UTF-8. The longest pages people read, such as the HTML standard on one
        page, have 14 MB.
    max_nodes : int, optional
        Tags that open an element, comments and declarations in a page's source. An upper bound of the elements of its
        tree, and known before memory is taken for them. The default is six times what the largest of 2,224 public pages
        has; a page of as many paragraphs takes about 1 GB of memory.
    max_depth : int, optional
        Levels of nested elements. The parser itself loses what is deeper than 2,048 levels and what follows it; below
        that number no page is cut without a word.
    max_seconds : float, optional
        Processor time that a process may spend on a page, in seconds, so that other work on the machine costs no page.
    max_memory : int, optional
        Bytes of memory that a process may take, the model included, where the system can limit that (Linux).
    max_wall_seconds : float, optional
        Time from a page being given to a process to its result, by the clock: for what waits, and spends none of its
        processor time.

    Raises
    ------
    UsageError
        If a limit is not positive.

    Examples
    --------
    >>> limits = Limits(max_bytes=1_000_000, max_memory=None)
    >>> limits.max_bytes, limits.max_nodes, limits.max_depth
    (1000000, 80000, 2000)
    >>> limits.max_seconds, limits.max_memory, limits.max_wall_seconds
    (10.0, None, 120.0)
    """

    max_bytes: int | None = 20_000_000
    max_nodes: int | None = 80_000
    max_depth: int | None = 2_000
    max_seconds: float | None = 10.0
    max_memory: int | None = 1_000_000_000
    max_wall_seconds: float | None = 120.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not value > 0:
                raise UsageError(f"{field.name} is {value!r}. Give a positive number, or None for no limit.")

    def check_size(self, n_bytes: int) -> None:
        """Refuse a page of too many bytes.

        Raises
        ------
        LimitError
        """
        if self.max_bytes is not None and n_bytes > self.max_bytes:
            raise LimitError(
                f"The page is larger than the limit of {self.max_bytes:,} bytes. Leave it out, or raise max-bytes."
            )

    def check_source(self, html: bytes | str) -> None:
        """Refuse a page that is too long, before it is parsed.

        Parameters
        ----------
        html : bytes or str
            A text is as long as it is in UTF-8.

        Raises
        ------
        LimitError
        """
        n_bytes = len(html)
        if self.max_bytes is not None and isinstance(html, str) and not html.isascii() and 4 * n_bytes > self.max_bytes:
            n_bytes = len(html.encode("utf-8", "surrogatepass"))
        self.check_size(n_bytes)

    def check_table(self, table: BlockTable) -> None:
        """Refuse a page whose elements are nested too deep.

        Raises
        ------
        LimitError
        """
        if self.max_depth is not None and len(table.depth) and int(table.depth.max()) >= self.max_depth:
            raise LimitError(
                f"The page nests elements deeper than the limit of {self.max_depth:,} levels. "
                "Leave it out, or raise max-depth."
            )


DEFAULT_LIMITS = Limits()
NO_LIMITS = Limits(None, None, None, None, None, None)
