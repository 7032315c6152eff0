"""Writes the pages of the commands and of the Python API from the code, so that they say what it does.

    python docs/generate.py

Of a command's page, what stands below the mark is written by hand, examples above all, and stays.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import typer

import boilerplate
from boilerplate.cli.app import app

DOCS = Path(__file__).resolve().parent
COMMANDS = DOCS / "commands"
API = DOCS / "python-api.md"
MARK = "<!-- What is above comes from the code: python docs/generate.py -->"
_WIDTH = 110
_SECTION = re.compile(r"^([A-Z][a-z]+)\n-{3,}\n", re.MULTILINE)


# --- commands ---------------------------------------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    """All commands by what is typed to run them."""
    found: dict[str, Any] = {}
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop(0)
        inner = getattr(command, "commands", None)
        if inner is None:
            found[name] = command
        else:
            waiting += [(f"{name} {key}".strip(), value) for key, value in inner.items()]
    return found


def command_path(name: str) -> Path:
    """The page of a command."""
    return COMMANDS / f"{name.replace(' ', '-')}.md"


def command_page(name: str, command: Any) -> str:
    """What is generated of a command's page."""
    text, _, examples = inspect.cleandoc(command.help or "").partition("Example")
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join(["boilerplate", name, "[OPTIONS]", *map(_argument, arguments)])
    lines = [f"# boilerplate {name}", "", text.strip(), "", f"    {usage}", ""]
    rows = [(f"`{_argument(p)}`", "", p) for p in arguments]
    rows += [(", ".join(f"`{o}`" for o in (*p.opts, *p.secondary_opts)), _value(p), p) for p in options]
    lines += ["| option | value | what |", "|---|---|---|"]
    lines += [
        f"| {_cell(names)} | {_cell(value)} | {_cell(_help(p)).replace('<', '&lt;')} |" for names, value, p in rows
    ]
    calls = [" ".join(call.split()) for call in re.split(r"\n\s*\n", examples.partition(":")[2]) if call.strip()]
    lines += ["", "```sh", *calls, "```", "", MARK, ""]
    return "\n".join(lines)


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    many = parameter.nargs == -1 and not name.endswith("...")
    written = name + ("..." if many else "")
    return written if parameter.required else f"[{written}]"


def _value(parameter: Any) -> str:
    if parameter.is_flag:
        return ""
    name = str(parameter.type.name).lower()
    kind = parameter.metavar or (
        "N" if "int" in name else "X" if "float" in name else "TEXT" if "str" in name else "PATH"
    )
    return f"`{kind}`, may be repeated" if parameter.multiple else f"`{kind}`"


def _help(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    default = parameter.default
    if getattr(parameter, "is_flag", False) and parameter.secondary_opts and default is not None:
        text += f" Default: `{(parameter.opts if default else parameter.secondary_opts)[0]}`."
    elif default not in (None, False, "", (), []) and not callable(default) and not parameter.required:
        text += f" Default: `{default}`."
    return text + (" Required." if parameter.required and parameter.param_type_name == "option" else "")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


# --- Python API -------------------------------------------------------------------------------------------------------

_INTRODUCTION = """# Python API

Everything public is imported from `boilerplate`; errors are in `boilerplate.errors`, and functions for tables of pages
in [`boilerplate.frames`](#boilerplateframes). The code is typed.

```python
from pathlib import Path

import boilerplate

html = Path("datasets/seed/page.html").read_bytes()
model = boilerplate.load_model()  # once, for many pages

page = boilerplate.label(html, url="https://news.example/a", model=model)
assert page.title.startswith("Глава МИДа")
assert {block.label for block in page.blocks} == {"article", "promo", "feed", "chrome"}
markdown = page.render("markdown", keep=["article"], images=True)
assert markdown.startswith("# Глава МИДа")

try:
    boilerplate.clean(b"", model=model)
except boilerplate.errors.InputError as error:
    print(error)
```

A page is labelled in the process that asks. A `Model` can be given to other processes and a `LabelledPage` can be
pickled, so that `multiprocessing`, joblib, Dask or Spark can share the work out; `boilerplate clean --jobs` does it
without a line of code.
"""


def api_page() -> str:
    """The page of the Python API."""
    from boilerplate.metadata import Metadata

    pieces = [_INTRODUCTION]
    names = [name for name in boilerplate.__all__ if name != "errors"]
    values = {name: getattr(boilerplate, name) for name in names} | {"Metadata": Metadata}
    functions = {name: value for name, value in values.items() if inspect.isfunction(value)}
    for name, value in sorted(functions.items()):
        pieces.append(f"## {name}\n\n{_signature(name, value)}\n\n{_described(value)}")
    for name, value in sorted(values.items()):
        if inspect.isclass(value):
            pieces += [f"## {name}\n\n{_described(value)}", *_members(name, value)]
    frames = importlib.import_module("boilerplate.frames")
    pieces.append(f"## boilerplate.frames\n\n{_described(frames)}")
    for name in frames.__all__:
        if inspect.isfunction(value := getattr(frames, name)):
            pieces.append(f"### frames.{name}\n\n{_signature(name, value)}\n\n{_described(value)}")
    pieces.append(_errors())
    return "\n\n".join(piece.rstrip() for piece in pieces) + "\n"


def _members(owner: str, value: type) -> Iterator[str]:
    for name, member in vars(value).items():
        if name.startswith("_") or not getattr(member, "__doc__", None):
            continue
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function):
            yield f"### {owner}.{name}\n\n{_signature(name, function)}\n\n{_described(function)}"
        elif hasattr(member, "func") or isinstance(member, property):
            yield f"### {owner}.{name}\n\n{_described(getattr(member, 'func', None) or member.fget)}"


def _signature(name: str, function: Any) -> str:
    pieces: list[str] = []
    after_star = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not after_star:
            after_star = True
            pieces.append("*")
        piece = f"{parameter.name}: {parameter.annotation}"
        if parameter.default is not inspect.Parameter.empty:
            # What has fields of its own is described where it is.
            default = parameter.default
            piece += f" = {type(default).__name__}()" if is_dataclass(default) else f" = {default!r}"
        pieces.append(piece)
    head, tail = f"{name}(", f") -> {inspect.signature(function).return_annotation}"
    line = head + ", ".join(pieces) + tail
    if len(line) > _WIDTH:
        line = head + "".join(f"\n    {piece}," for piece in pieces) + "\n" + tail
    return f"```text\n{line}\n```"


def _described(value: Any) -> str:
    """A numpydoc docstring as Markdown."""
    text = inspect.cleandoc(value.__doc__ or "")
    head, *sections = _SECTION.split(text)
    written = [_markup(head.strip())]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            written.append("```pycon\n" + body.strip() + "\n```")
        elif title in ("Parameters", "Attributes", "Returns", "Raises", "Yields"):
            written.append(f"**{title}**\n\n" + "\n".join(_entries(body)))
        else:
            written.append(f"**{title}**\n\n{_markup(body.strip())}")
    return "\n\n".join(piece for piece in written if piece)


def _entries(body: str) -> Iterator[str]:
    for entry in re.split(r"\n(?=\S)", body.strip()):
        name, _, rest = entry.partition("\n")
        names, colon, kind = name.partition(" : ")
        said = " ".join(rest.split())
        yield f"- `{names}`" + (f" ({_markup(kind)})" if colon else "") + (f": {_markup(said)}" if said else "")


def _markup(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", text).replace("<", "&lt;") if "``<" not in text else text.replace("``", "`")


def _errors() -> str:
    module = importlib.import_module("boilerplate.errors")
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Exception)]
    rows = [
        f"| `{c.__name__}` | `{c.__mro__[1].__name__}` | {_cell(_markup(inspect.cleandoc(c.__doc__ or '')))} |".replace(
            "\n", " "
        )
        for c in sorted(classes, key=lambda c: (len(c.__mro__), c.__name__))
        if c.__module__ == module.__name__
    ]
    head = "## Errors\n\nA message is a sentence that says what is wrong and what to do next.\n\n"
    return head + "| error | is a | when |\n|---|---|---|\n" + "\n".join(rows)


# --- files ------------------------------------------------------------------------------------------------------------


def pages() -> dict[Path, str]:
    """All pages by path, with what is written by hand as it stands there."""
    found = {API: api_page()}
    for name, command in commands().items():
        path = command_path(name)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        found[path] = command_page(name, command) + old.partition(f"{MARK}\n")[2]
    return found


def main() -> None:
    """Write all pages."""
    os.environ.setdefault("COLUMNS", "100")
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(pages())} pages are written to {DOCS.name}/.")


if __name__ == "__main__":
    main()
