"""What the settings of OpenID Connect may be, and what the claims of an id token open."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from mdm import accounts, openid
from mdm.errors import ConfigError
from mdm.openid import OpenIdSettings
from mdm.settings import Settings

SECTION = """
[console.openid]
issuer = "https://login.example/realms/staff"
client_id = "mdm"
"""
ROLES = 'roles = {"mdm-stewards" = "steward", "mdm-leads" = "lead"}\n'


def _settings(**changes: Any) -> OpenIdSettings:
    roles = {"stewards": "steward", "leads": "lead"}
    return OpenIdSettings(**{"issuer": "https://login.example", "client_id": "mdm", "roles": roles, **changes})


def _load(folder: Path, text: str) -> OpenIdSettings | None:
    (folder / "mdm.toml").write_text(text, encoding="utf-8")
    return Settings.load(folder).console.openid


def test_the_section_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(tmp_path, "") is None
    found = _load(tmp_path, f'{SECTION}{ROLES}secret_variable = "STAFF_SECRET"\npii = ["mdm-pii"]\n')
    assert found is not None
    assert (found.roles["mdm-leads"], found.pii, found.local) == ("lead", ("mdm-pii",), True)
    assert found.secret is None
    monkeypatch.setenv("STAFF_SECRET", "quiet")
    assert found.secret == "quiet"
    assert "quiet" not in repr(found)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('roles = {stewards = "stewrad"}', "console.openid.roles.stewards: Input should be 'viewer', 'steward'"),
        ("roles = {}", "console.openid.roles: "),
        ("", "console.openid.roles: Field required"),
        (f'{ROLES}secert_variable = "X"', "'console.openid.secert_variable'\n  did you mean 'secret_variable'?"),
        (f'{ROLES}scopes = ["profile"]', '"openid" among them'),
        (f'{ROLES}address = "https://mdm.example/console"', "without a path"),
        (f'{ROLES}address = "mdm.example"', "console.openid.address: it must be https://"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        _load(tmp_path, f"{SECTION}{line}\n")
    assert message in str(error.value)


@pytest.mark.parametrize("issuer", ["login.example", "http://login.example", "https://a.example/?x=1", "https://"])
def test_an_issuer_is_an_address_that_a_secret_may_be_sent_to(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(ConfigError, match=r"console\.openid\.issuer: it must be an address with https://"):
        _load(tmp_path, f"{SECTION.replace('https://login.example/realms/staff', issuer)}{ROLES}")


def test_a_secret_in_the_wrong_place_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        _load(tmp_path, f'{SECTION}{ROLES}secret_variable = "abc8Q~quiet"\n')
    assert "quiet" not in str(error.value)


def test_the_roles_are_those_of_accounts() -> None:
    assert get_args(openid.Role) == tuple(accounts.ROLES)


@pytest.mark.parametrize(
    ("claims", "role", "pii"),
    [
        ({"groups": ["staff"]}, None, False),
        ({}, None, False),
        ({"groups": "stewards"}, "steward", False),
        ({"groups": ["stewards", "leads", "pii"]}, "lead", True),
        ({"groups": ["pii"]}, None, True),
        ({"groups": {"stewards": True}}, None, False),
        ({"groups": [["stewards"], 7, None]}, None, False),
    ],
)
def test_the_highest_role_of_somebodys_groups(claims: dict[str, Any], role: str | None, pii: bool) -> None:
    found = openid.person_of({"sub": "1", **claims}, _settings(pii=["pii"]))
    assert (found.role, found.pii) == (role, pii)


def test_a_claim_may_be_a_path_or_have_dots_in_its_name() -> None:
    keycloak = {"sub": "1", "realm_access": {"roles": ["leads"]}, "preferred_username": " Li.Na "}
    found = openid.person_of(keycloak, _settings(roles_claim="realm_access.roles"))
    assert (found.name, found.role) == ("li.na", "lead")
    named = {"sub": "1", "https://mdm.example/roles": ["stewards"]}
    assert openid.person_of(named, _settings(roles_claim="https://mdm.example/roles")).role == "steward"


def test_groups_that_were_left_out_are_noticed() -> None:
    assert openid.has_left_out({"_claim_names": {"groups": "src1"}}, _settings())
    assert not openid.has_left_out({"groups": ["leads"]}, _settings())


def test_what_ties_an_answer_to_its_question_depends_on_both() -> None:
    one = openid.bond("browser", "state")
    assert one == openid.bond("browser", "state")
    assert 43 <= len(one.verifier) <= 128
    others = [openid.bond("another", "state"), openid.bond("browser", "another")]
    assert len({each.nonce for each in (one, *others)} | {each.verifier for each in (one, *others)}) == 6


def test_the_challenge_is_that_of_the_standard() -> None:
    bond = openid.Bond("", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # RFC 7636, appendix B
    assert bond.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
