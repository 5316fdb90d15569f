"""Every command has help with an example, and appears in the documents with the options that it has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> dict[str, Any]:
    """Verb -> command; the verbs of a group with its name before them."""
    group: Any = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        within = getattr(command, "commands", None)
        found |= {name: command} if within is None else {f"{name} {verb}": each for verb, each in within.items()}
    return found


def options_of(command: Any) -> set[str]:
    """Long and short spellings of every option."""
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def mentions(verb: str) -> list[str]:
    """Lines of the documents that call the verb."""
    call = re.compile(rf"(?:^|[\s`$/])mdm {re.escape(verb)}\b")
    return [line for file in DOCUMENTS for line in file.read_text(encoding="utf-8").splitlines() if call.search(line)]


@pytest.mark.parametrize("verb", sorted(commands()))
def test_a_command_has_help_with_an_example_that_parses(verb: str) -> None:
    command = commands()[verb]
    text = command.help or ""
    examples = re.findall(rf"^\s*mdm {verb}\b.*$", text, re.MULTILINE)
    assert "Example:" in text
    assert examples
    for example in examples:
        command.make_context(
            verb, shlex.split(example)[1 + len(verb.split()) :]
        )  # raises when an argument or option does not exist


@pytest.mark.parametrize("verb", sorted(commands()))
def test_a_command_is_in_the_documents(verb: str) -> None:
    assert mentions(verb), f"mdm {verb} is in no document"


@pytest.mark.parametrize("verb", sorted(commands()))
def test_the_documents_name_only_options_that_exist(verb: str) -> None:
    known = options_of(commands()[verb])
    for line in mentions(verb):
        call = re.split(r"`|\s#\s|\s{2,}|[|;&]", re.split(rf"mdm {re.escape(verb)}\b", line, maxsplit=1)[1])[0]
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", call)) <= known, line


def test_the_documents_name_only_commands_that_exist() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in DOCUMENTS)
    called = set(re.findall(r"(?:^|[`$] ?|\.venv/bin/)mdm ([a-z]+)\b", text, re.MULTILINE))
    assert called <= {verb.split()[0] for verb in commands()}
