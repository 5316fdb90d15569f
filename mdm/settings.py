"""One `Settings` object: what `mdm.toml`, the environment and the command line say, with a default for all else.

It is built once at the edge (`Settings.load`) and passed in; nothing imports a global. Precedence: argument, then
environment (MDM_DATABASE_URL, MDM_LANDING, MDM_WORKSPACE), then `mdm.toml`, then the defaults here.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mdm.access import read_rate
from mdm.backup import BackupSettings
from mdm.cleanse.own_placeholders import FILE as PLACEHOLDERS
from mdm.cleanse.own_placeholders import OwnPlaceholders, read_own_placeholders
from mdm.errors import ConfigError
from mdm.notify import NotifySettings
from mdm.openid import OpenIdSettings
from mdm.retention import RetentionSettings
from mdm.schedule import ScheduleSettings
from mdm.webhooks import WebhookSettings

FILE = "mdm.toml"
SECRET = ("pin_key", "secret_variable")  # never quoted; who writes the secret where its variable belongs, too


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InstanceSettings(_Section):
    """Who issues the PINs."""

    code: str = Field(default="01", pattern=r"^[0-9]{2}$", description="two digits, part of every PIN")
    pin_key: str = Field(
        default="", description="secret key of the PIN permutation; never change it after the first run"
    )


class GateSettings(_Section):
    """When a quality gate stops a source, and whether the run goes on without it."""

    on_failure: Literal["continue", "stop"] = "continue"
    max_rejected_share: float = Field(default=0.05, ge=0, le=1, description="rows quarantined, of the rows read")
    max_deleted_share: float = Field(default=0.2, ge=0, le=1, description="records that a delivery would delete")
    max_row_count_change: float = Field(default=0.5, ge=0, description="against the mean of the last full deliveries")
    trend_runs: int = Field(default=5, ge=1, description="accepted full deliveries that make that mean")
    max_churn: float = Field(default=0.05, ge=0, le=1, description="PINs that merge or split in one run")
    max_field_bytes: int = Field(default=65536, ge=256, description="a longer field sends its row to quarantine")


class CleanseSettings(_Section):
    """Defaults of the cleanser."""

    region: str = Field(default="US", pattern=r"^[A-Z]{2}$", description="country of sources that do not name one")


class MatchingSettings(_Section):
    """The three bands, and the size of blocks. Weights are log2 odds (bits)."""

    match_weight: float = Field(default=2.0, description="at or above: a match")
    review_weight: float = Field(default=0.0, description="at or above: a possible match, a task for a steward")
    max_block: int = Field(default=50, ge=2, description="records that may share a number, phone or e-mail")
    max_weak_block: int = Field(default=10, ge=2, description="the same for what is common: names, dates, places")
    generic_people: int = Field(
        default=100, ge=2, description="people who share a phone, e-mail or dwelling before it is evidence of nothing"
    )
    seed: int = Field(default=42, description="of the random samples of training")
    max_pairs: float = Field(default=1e6, gt=0, description="random pairs for training")


class ResolveSettings(_Section):
    """Guards of the clustering."""

    max_customer_records: int = Field(default=500, ge=2, description="records of one customer; more is not plausible")
    weak_link_weight: float = Field(default=6.0, description="bits; weaker pairs do not join large clusters")


class HouseholdSettings(_Section):
    """What still is a household."""

    max_dwelling_people: int = Field(default=15, ge=2, description="more people at one address are group quarters")
    whole_from: float = Field(
        default=0.33, ge=0, le=1, description="share of the customers around a change from which all are looked at"
    )


class GoldenSettings(_Section):
    """Survivorship: rules and the half-life of trust, by attribute."""

    rules: dict[str, str] = {}
    half_life_days: dict[str, float] = {}
    default_half_life_days: float = Field(default=1825.0, gt=0)


class RunSettings(_Section):
    """The night."""

    business_date: dt.date | None = Field(default=None, description="today, when absent")


def _checked_rate(text: str) -> str:
    read_rate(text)
    return text


class IdentifySettings(_Section):
    """Identifying a customer while somebody waits."""

    max_block: int = Field(default=200, ge=2, description="records that may share something given and be looked at")
    certain: float = Field(
        default=0.99, gt=0.5, lt=1, description="probability, among all that it may be, to be certain"
    )


class ApiSettings(_Section):
    """The API."""

    pool_size: int = Field(
        default=8, ge=1, le=50, description="requests that one worker serves at once, each with its own connection"
    )
    open: bool = Field(default=False, description="requests from this machine need no key; for trying things out")
    rate: Annotated[str, AfterValidator(_checked_rate)] = Field(
        default="6000/minute", description="requests of a key that names no rate itself, in each worker process"
    )

    @property
    def requests_per_minute(self) -> int:
        """`rate` as a number."""
        return read_rate(self.rate)


class ConsoleSettings(_Section):
    """The steward's console."""

    idle_minutes: int = Field(default=60, ge=1, le=1440, description="without a request: a session ends")
    longest_hours: int = Field(default=12, ge=1, le=168, description="a session ends whatever happens in it")
    reveal_minutes: int = Field(
        default=30, ge=1, le=720, description="for which personal values are shown once revealed"
    )
    openid: OpenIdSettings | None = None


class StewardshipSettings(_Section):
    """How stewards work."""

    second_share: float = Field(
        default=0.05, ge=0, le=1, description="of the tasks answered: asked again of a second steward, unseen"
    )


class _Environment(BaseSettings):
    """The three settings that the environment may give."""

    model_config = SettingsConfigDict(env_prefix="MDM_", extra="ignore", env_ignore_empty=True)

    workspace: Path | None = None
    landing: Path | None = None
    database_url: str | None = None


class Settings(_Section):
    """Everything that can be set. `workspace` and `landing` are absolute."""

    workspace: Path
    landing: Path
    database_url: str | None = Field(default=None, repr=False)
    instance: InstanceSettings = InstanceSettings()
    gates: GateSettings = GateSettings()
    cleanse: CleanseSettings = CleanseSettings()
    matching: MatchingSettings = MatchingSettings()
    resolve: ResolveSettings = ResolveSettings()
    households: HouseholdSettings = HouseholdSettings()
    golden: GoldenSettings = GoldenSettings()
    run: RunSettings = RunSettings()
    identify: IdentifySettings = IdentifySettings()
    api: ApiSettings = ApiSettings()
    console: ConsoleSettings = ConsoleSettings()
    stewardship: StewardshipSettings = StewardshipSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    notify: NotifySettings = NotifySettings()
    backup: BackupSettings = BackupSettings()
    retention: RetentionSettings = RetentionSettings()
    webhooks: WebhookSettings = WebhookSettings()

    @classmethod
    def load(
        cls, workspace: Path | None = None, *, landing: Path | None = None, database_url: str | None = None
    ) -> Settings:
        """The settings of a workspace (default: MDM_WORKSPACE, else the current directory).

        Raises ConfigError: no `mdm.toml`, not TOML, an unknown key (with the nearest one), a value out of bounds.
        """
        environment = _Environment()
        root = (workspace or environment.workspace or Path.cwd()).expanduser().absolute()
        feeds = landing or environment.landing
        sections = _read_toml(root / FILE)
        places = {
            "workspace": root,
            "landing": root / "landing" if feeds is None else feeds.expanduser().absolute(),
            "database_url": database_url or environment.database_url,
        }
        try:
            return cls.model_validate({**sections, **places})
        except ValidationError as error:
            raise _from_validation(error, root / FILE) from None

    @cached_property
    def own_placeholders(self) -> OwnPlaceholders | None:
        """What means nothing in this workspace, besides what means nothing anywhere. ConfigError: a line is wrong."""
        return read_own_placeholders(self.workspace / PLACEHOLDERS)

    @property
    def sources(self) -> Path:
        """The folder of the source contracts."""
        return self.workspace / "sources"

    @property
    def targets(self) -> Path:
        """The folder of the target contracts."""
        return self.workspace / "targets"

    @property
    def var(self) -> Path:
        """State of the workspace; never in version control."""
        return self.workspace / "var"

    @property
    def outbound(self) -> Path:
        """Where sync-back files are written."""
        return self.workspace / "outbound"


SECTIONS = tuple(name for name in Settings.model_fields if name not in ("workspace", "landing", "database_url"))


def _read_toml(path: Path) -> dict[str, Any]:
    """The sections of `path`, all of them known."""
    try:
        text = path.read_text(encoding="utf-8")
        sections = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"no {FILE} here", where=str(path.parent), remedy=f"mdm init {path.parent}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else str(path)
        raise ConfigError(f"not valid TOML: {error}", where=where) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    for name in sections:
        if name not in SECTIONS:
            raise _unknown((name,), path, SECTIONS)
    return sections


def _from_validation(error: ValidationError, path: Path) -> ConfigError:
    """The first complaint of pydantic as an error that names file, line and key."""
    first = error.errors()[0]
    keys = tuple(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown(keys, path, _known_beside(keys))
    shown = "" if keys[-1] in SECRET or first["type"] == "missing" else f", found {first['input']!r}"
    words = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"{'.'.join(keys)}: {words}{shown}", where=_where(path, keys))


def _known_beside(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The settings of the section that the last key stands in."""
    model: Any = Settings
    for key in keys[:-1]:
        annotation = model.model_fields[key].annotation
        model = next((kind for kind in (annotation, *get_args(annotation)) if hasattr(kind, "model_fields")), None)
    return tuple(getattr(model, "model_fields", ()))


def _unknown(keys: tuple[str, ...], path: Path, valid: tuple[str, ...]) -> ConfigError:
    near = difflib.get_close_matches(keys[-1], valid, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(valid)}"
    return ConfigError(f"unknown setting {'.'.join(keys)!r}", where=_where(path, keys), remedy=remedy)


def _where(path: Path, keys: tuple[str, ...]) -> str:
    line = _line_of(path.read_text(encoding="utf-8"), keys)
    return f"{path}:{line}" if line else f"{path}"


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line on which the setting with these keys is written: `[section]`, then `key =`; tomllib keeps no lines."""
    table: tuple[str, ...] = ()
    best: tuple[int, int] | None = None  # (keys that agree, line)
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = here = _keys(header[1])
        elif entry := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            here = table + _keys(entry[1])
        else:
            continue
        if here == keys[: len(here)] and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
