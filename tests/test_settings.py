from __future__ import annotations

from pathlib import Path

import pytest

from mdm.errors import ConfigError
from mdm.settings import Settings


def workspace(folder: Path, text: str) -> Path:
    (folder / "mdm.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MDM_WORKSPACE", "MDM_LANDING", "MDM_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = Settings.load(workspace(tmp_path, ""))
    assert settings.instance.code == "01"
    assert settings.gates.max_field_bytes == 65536
    assert settings.landing == tmp_path / "landing"
    assert settings.database_url is None
    assert (settings.var, settings.outbound) == (tmp_path / "var", tmp_path / "outbound")


def test_values_come_from_the_file(tmp_path: Path) -> None:
    text = '[gates]\non_failure = "stop"\n[golden]\nrules = {name = "longest"}\n[run]\nbusiness_date = 2026-01-31\n'
    settings = Settings.load(workspace(tmp_path, text))
    assert settings.gates.on_failure == "stop"
    assert settings.golden.rules == {"name": "longest"}
    assert str(settings.run.business_date) == "2026-01-31"


def test_an_argument_beats_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path, "")
    monkeypatch.setenv("MDM_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("MDM_LANDING", str(tmp_path / "in"))
    monkeypatch.setenv("MDM_DATABASE_URL", "postgresql://env")
    settings = Settings.load()
    assert (settings.workspace, settings.landing) == (tmp_path, tmp_path / "in")
    assert settings.database_url == "postgresql://env"
    given = Settings.load(tmp_path, landing=tmp_path / "given", database_url="postgresql://given")
    assert (given.landing, given.database_url) == (tmp_path / "given", "postgresql://given")


def test_settings_are_frozen_and_keep_secrets_out_of_their_text(tmp_path: Path) -> None:
    settings = Settings.load(workspace(tmp_path, ""), database_url="postgresql://u:secret@h/d")
    assert "secret" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.run = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[gates]\n\nmax_chrun = 0.1\n", 3, "unknown setting 'gates.max_chrun'\n  did you mean 'max_churn'?"),
        ("\n[gate]\nmax_churn = 1\n", 2, "unknown setting 'gate'\n  did you mean 'gates'?"),
        ('[instance]\ncode = "1"\n', 2, "instance.code: "),
        ("[gates]\nmax_churn = 2\n", 2, "gates.max_churn: Input should be less than or equal to 1, found 2"),
        ('[golden]\nhalf_life_days = {a = "x"}\n', 2, "golden.half_life_days.a: "),
        ("[gates\n", 1, "not valid TOML"),
        ("gates.max_chrun = 1\n", 1, "did you mean 'max_churn'?"),
    ],
)
def test_errors_name_file_line_and_key(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.load(workspace(tmp_path, text))
    assert str(error.value).startswith(f"{tmp_path / 'mdm.toml'}:{line}: ")
    assert message in str(error.value)


def test_no_file_says_mdm_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"(?s)no mdm\.toml here.*mdm init"):
        Settings.load(tmp_path)
