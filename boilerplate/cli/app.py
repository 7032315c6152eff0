"""The application and its commands."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperGroup

from boilerplate import __version__
from boilerplate.collector import without_collector

if TYPE_CHECKING:
    from typer._click import Command

__all__ = ["app"]

#: The commands in the order of the help. A module beside this one has each, by its name.
_COMMANDS = ("clean", "label", "train", "evaluate", "benchmark", "annotate", "datasets")
#: What the list of commands says where the first sentence of the help would be cut short.
_IN_SHORT = {
    "benchmark": "Compare with other extractors on the same pages.",
    "datasets": "List, fetch, check and import labelled pages.",
}


class _Commands(Mapping[str, "Command"]):
    """Commands by name, each imported when asked for: a run of one need not wait for the others."""

    def __init__(self) -> None:
        self._made: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in _COMMANDS:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = _command(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast("MutableMapping[str, Command]", _Commands())


def _command(name: str) -> Command:
    # What is imported stays: looking through it for garbage again and again is a tenth of a start.
    with without_collector():
        module = import_module(f"boilerplate.cli.{name}")
    gc.freeze()
    if hasattr(module, "app"):
        group = typer.main.get_group(module.app)
        group.short_help = _IN_SHORT.get(name)
        return group
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(name, short_help=_IN_SHORT.get(name))(getattr(module, name))
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_Group,
    name="boilerplate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Label every block of a web page as article, promo, feed or chrome, and keep what you want.",
    epilog="Exit status: 0 done, 1 some inputs failed (each named with its reason), 2 wrong usage.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"boilerplate {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass
