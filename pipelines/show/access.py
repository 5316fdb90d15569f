"""`mdm key list`, `mdm user list` and `mdm audit` on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.show.console import LEFT, RIGHT, console, table

MOST = 4  # PINs and source keys of an entry; --json has them all


def show_keys(keys: Sequence[Mapping[str, Any]]) -> None:
    """Print the keys; without the keys themselves, which nobody has any more."""
    out = console()
    if not keys:
        out.print("no key yet: mdm key create --name NAME --scope lookup")
        return
    columns = {
        "id": LEFT, "name": LEFT, "scopes": LEFT, "rate": RIGHT, "created": LEFT, "ends": LEFT, "last used": LEFT,
        "status": LEFT,
    }  # fmt: skip
    out.print(table(columns, [_key(key) for key in keys]))


def _key(key: Mapping[str, Any]) -> tuple[str, ...]:
    rate = f"{key['rate']}/minute" if key["rate"] else ""
    times = (_time(key[name]) for name in ("created_at", "expires_at", "last_used_at"))
    return (key["key_id"], key["name"], ", ".join(key["scopes"]), rate, *times, key["status"])


def show_users(accounts: Sequence[Mapping[str, Any]]) -> None:
    """Print the accounts of the console."""
    out = console()
    if not accounts:
        out.print("no account yet: mdm user add NAME --role steward")
        return
    columns = {
        "name": LEFT, "full name": LEFT, "role": LEFT, "personal values": LEFT, "signs in": LEFT, "added": LEFT,
        "last sign-in": LEFT, "status": LEFT,
    }  # fmt: skip
    out.print(table(columns, [_account(account) for account in accounts]))


def _account(account: Mapping[str, Any]) -> tuple[str, ...]:
    where = account["issuer"] or "with a password"
    status = "active" if account["disabled_at"] is None else f"disabled by {account['disabled_by']}"
    sees = "shown" if account["pii"] else "masked"
    times = (_time(account[name]) for name in ("created_at", "last_sign_in_at"))
    return (account["name"], account["full_name"] or "", account["role"], sees, where, *times, status)


def show_audit(entries: Sequence[Mapping[str, Any]]) -> None:
    """Print entries of the audit log."""
    out = console()
    if not entries:
        out.print("nothing of that in the audit log")
        return
    columns = {
        "at (UTC)": LEFT, "who": LEFT, "purpose": LEFT, "what": LEFT, "of whom": LEFT, "attributes": LEFT,
        "status": RIGHT,
    }  # fmt: skip
    out.print(table(columns, [_entry(entry) for entry in entries]))


def _entry(entry: Mapping[str, Any]) -> tuple[str, ...]:
    who = f"{entry['actor_name']} ({entry['actor']})" if entry["actor_name"] else entry["actor"]
    whom = [*entry["pins"], *entry["records"]]
    more = f" and {len(whom) - MOST:,} more" if len(whom) > MOST else ""
    fields = ", ".join(entry["fields"]) + (" (masked)" if entry["masked"] and entry["fields"] else "")
    return (
        f"{entry['at']:%Y-%m-%d %H:%M:%S}", who, entry["purpose"] or "", entry["action"],
        f"{', '.join(whom[:MOST])}{more}", fields, str(entry["status"]),
    )  # fmt: skip


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
