"""Options from a file: a TOML file of their own, or a table of the project's ``pyproject.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from boilerplate.errors import UsageError
from boilerplate.files import system_reason

__all__ = ["read_config"]

_PROJECT = Path("pyproject.toml")
#: Parameters that no file can give.
_NOT_FROM_FILES = ("pages", "config", "help")
#: Parameters that are paths.
_PATHS = ("model", "output", "files_from")


def read_config(context: typer.Context, config: Path | None) -> Path | None:
    """Make the options of a file the defaults of the command at hand; what the command line says wins.

    Options stand in the table by their long names, dashes or underscores; those of one command may stand in a table of
    its name. A path is taken from the directory of the file.

    Raises
    ------
    UsageError
        If the file cannot be read, or an option in it is unknown or of another type.
    """
    path = config if config is not None else _PROJECT
    if config is None and not _mentions_us(path):
        return None
    table = _table(path)
    options = {parameter.name: parameter for parameter in context.command.params if parameter.name is not None}
    # Not looked up in the mapping, which would import the command.
    names = set(_all_commands(context))
    general = {key: value for key, value in table.items() if not (key in names and isinstance(value, dict))}
    own = table.get(str(context.command.name), {})
    defaults: dict[str, Any] = {}
    for given, certain in ((general, False), (own if isinstance(own, dict) else {}, True)):
        for key, written in given.items():
            name, value = _negated(key.replace("-", "_"), written, options)
            # An option of another command is none of this one's business.
            if name not in options and not certain and name in _names_of_all(context):
                continue
            if name not in options or name in _NOT_FROM_FILES:
                raise UsageError(f"{path} has an unknown option {key!r}.{_near_miss(name, options, context)}")
            defaults[name] = _checked(path, key, value, options[name])
    context.default_map = {**(context.default_map or {}), **defaults}
    return config


def _mentions_us(path: Path) -> bool:
    # Reading TOML takes time to import, which few need pay for.
    try:
        return b"tool.boilerplate" in path.read_bytes()
    except OSError:
        return False


def _table(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {system_reason(error)}. Check --config.") from error
    except ValueError as error:
        raise UsageError(f"The file {path} is no TOML: {error}. Correct it.") from error
    if path.name == _PROJECT.name or "tool" in content:
        content = content.get("tool", {}).get("boilerplate", {})
    return content if isinstance(content, dict) else {}


def _negated(name: str, value: Any, options: dict[str, Any]) -> tuple[str, Any]:
    """``no_links = true`` means ``links = false``, as on the command line."""
    if name.startswith("no_") and name not in options and name[3:] in options and isinstance(value, bool):
        return name[3:], not value
    return name, value


def _all_commands(context: typer.Context) -> Mapping[str, Any]:
    """This command and those beside it, by name."""
    group = context.parent.command if context.parent is not None else None
    commands: Mapping[str, Any] = getattr(group, "commands", {})
    return commands


def _names_of_all(context: typer.Context) -> set[str]:
    """Names of the options of all commands."""
    return {str(parameter.name) for command in _all_commands(context).values() for parameter in command.params}


def _near_miss(name: str, options: dict[str, Any], context: typer.Context) -> str:
    """A sentence, after a space, with the option that may have been meant, or with all that there are."""
    import difflib

    known = (set(options) | _names_of_all(context)) - {*_NOT_FROM_FILES, "datasets"}
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    if near:
        return f" Did you mean {near[0].replace('_', '-')!r}?"
    return f" Options here are {', '.join(sorted(option.replace('_', '-') for option in known))}."


def _checked(path: Path, key: str, value: Any, parameter: Any) -> Any:
    """The value of an option as the command line would give it: texts, and paths as seen from here."""
    many = bool(getattr(parameter, "multiple", False))
    flag = bool(getattr(parameter, "is_flag", False))
    if flag != isinstance(value, bool) or isinstance(value, dict) or (isinstance(value, list) and not many):
        wanted = "true or false" if flag else "a list of texts" if many else "a text or a number"
        raise UsageError(f"{path}: {key!r} cannot be {value!r}. Give {wanted}.")
    if many:
        return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]
    if parameter.name in _PATHS and str(value) != "-":
        return str(path.parent / str(value))
    return value if flag else str(value)
