"""How fast a delta goes back to a target, beside PostgreSQL's own COPY (query) TO STDOUT of the same rows.

A store of made-up customers is filled by SQL (golden documents of about 1.4 KB, as the night writes them), a target is
told of everybody, then golden records change and the delta is timed: found, kept, written, flushed, renamed. The query
of the baseline joins the same tables for the same keys and takes the same columns out of the same documents. Shown
besides: COPY of nothing but the finished rows, as they lie in the ledger.

    python -m benchmarks.sync_back --customers 1000000 --changed 100000 [--json OUT]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.table import Figure, add_json, finish
from mdm.contracts.target_load import load_target
from mdm.settings import Settings
from mdm.store import embedded
from mdm.store.database import Database, open_database
from pipelines.sync.every import tell_target
from pipelines.sync.reports import Told

AT_LEAST, AT_LEAST_OF_SMALL, OF_SMALL = 1 / 3, 2 / 3, 5
FIGURE_AT = 1_000_000
TRUST = {"boss": {"default": 60}, "crm": {"default": 70}}
CONTRACT = """
target: boss
system: boss
format: {type: delimited, delimiter: "|", quote: none, encoding: gb18030}
file: "boss_{number:06}.txt"
control: {file: "{stem}.ctl", rows: ROWS, checksum: MD5, algorithm: md5}
columns:
  - ID: key
  - PIN: pin
  - HHID: household
  - {name: ACT, value: action, values: {new: I, changed: U, moved: M, gone: D}}
  - NAME: name.full
  - {name: SEX, value: sex, values: {male: "1", female: "2"}, otherwise: null}
  - {name: BIRTH, value: birth_date, format: "%Y%m%d"}
  - CERT_NO: identifiers.national_id
  - {name: MOBILE, value: phones, without: "+86"}
  - EMAIL: emails
  - ADDR: address.text
acknowledgement:
  files: "*.ack"
  format: {type: delimited}
  number_in_name: '([0-9]+)\\.ack'
  key: ID
  status: {column: R, accepted: [ok], rejected: [no]}
"""
_ENTRY = '"record":["crm","C%1$s"],"rule":"most_trusted","support":2'
_DOC = (
    '{"party":"person",'
    f'"name":{{"value":{{"given":"Wei%1$s","family":"Zhang","native":"张伟%1$s"}},{_ENTRY}}},'
    f'"birth_date":{{"value":"1970-01-02",{_ENTRY}}},"sex":{{"value":"male",{_ENTRY}}},'
    f'"identifiers":[{{"type":"national_id","issuer":"CN","value":"62010219620308%1$s",{_ENTRY}}}],'
    f'"phones":[{{"value":"+8613%1$s","valid_from":"2010-06-01",{_ENTRY}}},{{"value":"+869312%1$s",{_ENTRY}}}],'
    f'"emails":[{{"value":"wei%1$s@mail.example",{_ENTRY}}}],'
    '"address":{"value":{"text":"甘肃省兰州市七里河区西津西路%1$s号3号楼1单元1802室","number":"%1$s","street":"西津西路",'
    f'"district":"七里河区","locality":"兰州市","region":"甘肃省","postcode":"730050","country":"CN"}},{_ENTRY}}},'
    f'"accounts":[{{"value":"A%1$s",{_ENTRY}}}],'
    f'"subscriptions":[{{"product":"5G","number":"+8613%1$s","status":"active","valid_from":"2010-06-01",{_ENTRY}}}]}}'
)
_PIN = "(100000000000 + n)::text"
_NUMBER = "lpad(n::text, 9, '0')"
_FILL = (
    f"insert into customer (pin, party, status, founder_record_id, issued, run_id) "
    f"select {_PIN}, 'person', 'active', n, n, 'bench' from generate_series(1, %(n)s) as n",
    f"insert into xref (record_id, system, local_id, incarnation, pin, home, run_id) "
    f"select n, 'boss', 'B' || {_NUMBER}, 1, {_PIN}, {_PIN}, 'bench' from generate_series(1, %(n)s) as n",
    f"insert into golden (pin, doc, run_id) select {_PIN}, format(%(doc)s, {_NUMBER}), 'bench' "
    "from generate_series(1, %(n)s) as n",
    f"insert into membership (chi, pin, period, run_id) select 'H' || (100000000000 + n / 2), {_PIN}, 1, 'bench' "
    "from generate_series(1, %(n)s) as n",
    f"insert into change (type, pin, run_id, actor) select 'created', {_PIN}, 'bench', 'run' "
    "from generate_series(1, %(n)s) as n",
)
# every STEPth customer, from another place each time as long as there is one
_CHANGE = (
    "create temporary table moved on commit drop as select g.pin, g.doc from generate_series("
    "%(first)s::bigint, %(n)s, %(step)s) as n join golden g on g.pin = (100000000000 + n)::text "
    "and g.recorded_to = 'infinity'",
    "analyze moved",
    "update golden g set recorded_to = now() from moved m where g.pin = m.pin and g.recorded_to = 'infinity'",
    "insert into golden (pin, doc, run_id) select pin, replace(doc, 'wei', %(word)s), 'bench' from moved",
    "insert into change (type, pin, run_id, actor) select 'changed', pin, 'bench', 'run' from moved",
)
_QUERY = """
select x.local_id, x.pin, (select m.chi from membership m where m.pin = x.pin and m.recorded_to = 'infinity' limit 1),
    d.doc -> 'name' -> 'value' ->> 'native', d.doc -> 'sex' ->> 'value', d.doc -> 'birth_date' ->> 'value',
    d.doc -> 'identifiers' -> 0 ->> 'value', d.doc -> 'phones' -> 0 ->> 'value', d.doc -> 'emails' -> 0 ->> 'value',
    d.doc -> 'address' -> 'value' ->> 'text'
from (select distinct pin from change where position > {after} and position <= {upto}) c
join xref x on x.pin = c.pin and x.system = 'boss' and x.recorded_to = 'infinity'
join golden g on g.pin = x.pin and g.recorded_to = 'infinity'
cross join lateral (select g.doc::jsonb as doc offset 0) d
"""
_FINISHED = "select key, pin, action, content from sync_row where delivery_id = {delivery}"


def measure(customers: int, changed: int, rounds: int, say: Any) -> dict[str, Any]:
    """Medians over rounds: seconds of the delta and of both baselines; of the first delivery, once."""
    with tempfile.TemporaryDirectory(prefix="mdm-sync-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        workspace = folder / "operator"
        (workspace / "targets").mkdir(parents=True)
        (workspace / "mdm.toml").write_text('[instance]\npin_key = "a benchmark"\n')
        (workspace / "targets" / "boss.yaml").write_text(CONTRACT.lstrip())
        settings = Settings.load(workspace)
        with open_database(None, settings.var) as database:
            try:
                return _measure(settings, database, customers, changed, rounds, say)
            finally:
                database.close()
                embedded.remove(settings.var)


def _measure(
    settings: Settings, database: Database, customers: int, changed: int, rounds: int, say: Any
) -> dict[str, Any]:
    say(f"a store of {customers:,} customers")
    _run(database, _FILL, {"n": customers, "doc": _DOC})
    _vacuum(database)
    say("the first delivery")
    first = _tell(settings, database)
    deltas, copies, finished, step = [], [], [], customers // changed
    for number in range(1, rounds + 1):
        facts = {"n": customers, "step": step, "first": (number - 1) % step + 1, "word": f"wei{number}."}
        after = _last_position(database)
        _run(database, _CHANGE, facts)
        _vacuum(database)
        upto = _last_position(database)
        copies.append(_copy(database, _QUERY.format(after=after, upto=upto), changed))
        told = _tell(settings, database)
        assert told.deliveries[0].rows == changed, told
        deltas.append(told.seconds)
        finished.append(_copy(database, _FINISHED.format(delivery=number + 1), changed))
        say(f"round {number}: {deltas[-1]:.2f} s, COPY of the query {copies[-1]:.2f} s, of rows {finished[-1]:.2f} s")
    return {
        "first": first.seconds, "delta": statistics.median(deltas), "copy": statistics.median(copies),
        "finished": statistics.median(finished),
    }  # fmt: skip


def _tell(settings: Settings, database: Database) -> Told:
    report = tell_target(settings, database, load_target(settings.targets / "boss.yaml", ("boss",)), TRUST)
    assert report.error is None, report.error
    return report


def _run(database: Database, statements: tuple[str, ...], facts: dict[str, Any]) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, facts)


def _vacuum(database: Database) -> None:
    connection = database.connect_raw()
    for table in ("customer", "xref", "golden", "membership", "change", "sync_row"):
        connection.execute(f"vacuum analyze {table}")
    connection.execute("checkpoint")
    connection.close()


def _last_position(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.exec_driver_sql("select max(position) from change").scalar_one())


def _copy(database: Database, query: str, rows: int) -> float:
    """Seconds of COPY (query) TO STDOUT, read and thrown away."""
    connection = database.connect_raw()
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout") as copy:
        found = sum(bytes(block).count(b"\n") for block in copy)
    seconds = time.perf_counter() - started
    connection.close()
    assert found == rows, (found, rows)
    return seconds


def main() -> None:
    """Parse the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=None, help="default: a tenth")
    parser.add_argument("--rounds", type=int, default=3)
    add_json(parser)
    asked = parser.parse_args()
    changed = asked.changed or asked.customers // 10

    def say(text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)

    large = measure(asked.customers, changed, asked.rounds, say)
    small = measure(max(asked.customers // OF_SMALL, changed), changed, asked.rounds, say)
    only_at = "" if asked.customers >= FIGURE_AT else f"{FIGURE_AT:,} customers"
    speed = {name: changed / large[name] for name in ("delta", "copy", "finished")}
    figures = [
        Figure("first delivery", asked.customers / large["first"], "rows/s"),
        Figure("delta", speed["delta"], "rows/s", None, None, speed["copy"], "COPY (query) TO STDOUT"),
        Figure("delta, of COPY", speed["delta"] / speed["copy"], "x", AT_LEAST, only_at=only_at),
        Figure("delta, of COPY of finished rows", speed["delta"] / speed["finished"], "x"),
        Figure(
            f"delta on a store {OF_SMALL} times smaller, of its time", small["delta"] / large["delta"], "x",
            AT_LEAST_OF_SMALL, only_at=only_at,
        ),
    ]  # fmt: skip
    finish(figures, asked.json)


if __name__ == "__main__":
    main()
