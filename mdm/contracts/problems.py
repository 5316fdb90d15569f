"""Collects what is wrong with one contract file, so that its author sees everything at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from mdm.contracts.tree import Node
from mdm.errors import ContractError


class ContractErrors(ContractError):
    """Several things are wrong with contracts; `errors` holds each of them."""

    def __init__(self, errors: Sequence[ContractError]) -> None:
        self.errors = tuple(errors)
        first = errors[0]
        super().__init__(f"{len(errors)} errors", file=first.file, line=first.line, key=first.key)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def nearest(found: str, valid: Iterable[str]) -> str | None:
    """The valid word most like `found`, or None when none is like it."""
    words = {word.casefold(): word for word in valid}
    close = difflib.get_close_matches(found.casefold(), words, n=1, cutoff=0.6)
    return words[close[0]] if close else None


class Problems:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[ContractError] = []

    def add(
        self,
        node: Node,
        message: str,
        *,
        key: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        """Note that `node` is wrong."""
        self.errors.append(
            ContractError(
                message, file=self.file, line=node.line, key=key if key is not None else node.key or None,
                found=found, expected=expected, suggestion=suggestion,
            )
        )  # fmt: skip

    def raise_if_any(self) -> None:
        """Raise ContractError for one problem, ContractErrors for several, in the order of their lines."""
        errors = sorted(self.errors, key=lambda error: error.line or 0)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ContractErrors(errors)
