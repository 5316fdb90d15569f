"""Every error that the product raises on purpose, as one tree.

MdmError                     what is wrong, where, and what to do about it
├── UsageError               the command was called wrongly                           exit 2
│   └── Contradiction        a decision contradicts others that are in force: chain     exit 2
├── ConfigError              mdm.toml or a setting is wrong                           exit 2
│   └── ContractError        a contract is wrong: file, line, key, found, expected    exit 2
├── FeedError                a delivery cannot be read                                stops that source
├── GateStopped              a quality gate stopped the run or a source               exit 3
├── RunInProgress            another run holds the lock                               exit 1
├── StoreError               the database refused or is gone                          exit 1
├── Taken                    somebody else has it, or was first: holder                 exit 1
└── NotFound                 no such PIN, source key, household or run                exit 1

Exit codes are those of `mdm`; the API maps the same classes to problem+json.
"""

from __future__ import annotations


class MdmError(Exception):
    """What is wrong (`message`), where (`where`) and what to do (`remedy`)."""

    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.message, self.where, self.remedy = message, where, remedy
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.remedy}" if self.remedy else text


class UsageError(MdmError):
    """The command was called wrongly; `field`: which part of it, where that can be said."""

    exit_code = 2

    def __init__(
        self, message: str, *, where: str | None = None, remedy: str | None = None, field: str | None = None
    ) -> None:
        self.field = field
        super().__init__(message, where=where, remedy=remedy)


class Contradiction(UsageError):
    """A decision contradicts others that are in force; `chain`: the records that these tie together, end to end."""

    def __init__(self, message: str, *, chain: tuple[str, ...], remedy: str) -> None:
        self.chain = chain
        super().__init__(message, remedy=remedy)


class ConfigError(MdmError):
    """`mdm.toml` or a setting is wrong."""

    exit_code = 2


class ContractError(ConfigError):
    """A source or target contract is wrong.

    `where` is ``file:line``, `key` the dotted key, `found` and `expected` in words; `suggestion` the nearest valid key.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str,
        line: int | None = None,
        key: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.file, self.line, self.key = file, line, key
        self.found, self.expected, self.suggestion = found, expected, suggestion
        parts = [message if key is None else f"{key}: {message}"]
        if found is not None:
            parts.append(f"found {found}")
        if expected is not None:
            parts.append(f"expected {expected}")
        super().__init__(
            "; ".join(parts),
            where=file if line is None else f"{file}:{line}",
            remedy=f"did you mean {suggestion!r}?" if suggestion else None,
        )


class FeedError(MdmError):
    """A delivery cannot be read; its source is stopped, the others go on."""


class GateStopped(MdmError):
    """A quality gate stopped the run or a source of it; what could be applied was."""

    exit_code = 3


class RunInProgress(MdmError):
    """Another run holds the lock; the message says which, since when, and whose process."""


class StoreError(MdmError):
    """The database refused, or is gone."""


class Taken(MdmError):
    """Somebody else works on it, or was first; `holder`: who, None for a run or a change of the data."""

    def __init__(self, message: str, *, holder: str | None, remedy: str) -> None:
        self.holder = holder
        super().__init__(message, remedy=remedy)


class NotFound(MdmError):
    """No such PIN, source key, household or run."""
