"""The rows of a delivery: what the master file says now of a target's keys, against what the target was told last.

In: `FACTS`, a row for each key that may have changed. Out: `ROWS`, those that must be delivered, by key. All of it in
columns, in DuckDB; only rows with characters that the target cannot write, or values that are too long, go one by one.

The content of a row is its values in the order of the contract's columns, as the target will hold them but for codes
and dates, which are written by its layout: so what was told can be held against what is now, and against what a target
sends back (`echoes`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mdm.contracts.target_model import TargetColumn, TargetContract
from mdm.golden.rules import Trust, source_trust
from mdm.sync.characters import UNIT, Repairer, family_of, unwritable_in
from mdm.sync.values import CONTENT_OF_ROW, GOLDEN, OF_ROW, ORIGINAL, OWN, attribute_of, group_of, own, told

FACTS = pa.schema(
    [
        ("key", pa.string()),
        ("pin", pa.string()),  # whose the key is now; null: nobody's
        ("household", pa.string()),
        ("doc", pa.string()),  # the golden record
        ("own", pa.string()),  # the target's own record, as cleansed; null where it does not matter
        ("original", pa.string()),  # ... and as delivered
        ("own_date", pa.int64()),  # ... and its date, microseconds since 1970
        ("told_pin", pa.string()),  # of the last row of this key; null: it was never told
        ("told_from", pa.string()),
        ("told_action", pa.string()),
        ("told", pa.string()),  # its content
        ("attempt", pa.int16()),
        ("again", pa.bool_()),  # it was refused, or never answered
    ]
)
ROWS = pa.schema(
    [
        ("key", pa.string()),
        ("action", pa.string()),
        ("pin", pa.string()),
        ("moved_from", pa.string()),
        ("attempt", pa.int16()),
        ("content", pa.string()),
        ("altered", pa.string()),
    ]
)
# The dates of the records that golden values come from: (system, local id) pairs -> microseconds since 1970
Dates = Callable[[pa.Table], pa.Table]
_ACTION = """
    CASE WHEN told_action IS NULL OR (told_action = 'gone' AND pin IS NOT NULL) THEN 'new'
         WHEN pin IS NULL THEN 'gone' WHEN pin <> told_pin THEN 'moved' ELSE 'changed' END
"""


@dataclass(frozen=True, slots=True)
class Making:
    """How the rows of one target are made. trust: of the sources; systems: those that golden values may come from."""

    contract: TargetContract
    trust: Trust

    @property
    def columns(self) -> tuple[TargetColumn, ...]:
        """The columns whose values are kept in the content."""
        return content_columns(self.contract)

    def own_may_win(self, column: TargetColumn) -> bool:
        """Whether the target's own value can stand against the golden one: it is more trusted than some source."""
        if self.contract.system is None or column.value in CONTENT_OF_ROW:
            return False
        if column.overwrite == "if_empty":
            return True
        group, system = group_of(column.value), self.contract.system
        least = min((source_trust(self.trust, name, group) for name in self.trust if name != system), default=100)
        return source_trust(self.trust, system, group) > least

    @property
    def needs_own(self) -> bool:
        """Whether the target's own records must be looked at."""
        keeps = self.contract.unwritable.policy == "keep" or any(c.unwritable == "keep" for c in self.columns)
        bounded = not self.contract.format.writes_everything and keeps and self.contract.system is not None
        return bounded or any(self.own_may_win(column) for column in self.columns)


def content_columns(contract: TargetContract) -> tuple[TargetColumn, ...]:
    """The columns that hold values of the customer; the others follow from the row itself."""
    return tuple(c for c in contract.columns if c.value in CONTENT_OF_ROW or c.value not in OF_ROW)


def make_rows(facts: pa.Table, making: Making, dates: Dates, scratch: duckdb.DuckDBPyConnection) -> pa.Table:
    """`ROWS` to be delivered, by key. dates: is asked for the records that a contested value comes from."""
    if facts.num_rows == 0:
        return ROWS.empty_table()
    scratch.register("facts", facts)
    try:
        now = _contents(making, dates, scratch)
        now = _repaired(now, making)
        scratch.register("now", now)
        return _differences(scratch)
    finally:
        for name in ("facts", "now", "dated"):
            scratch.unregister(name)
        scratch.execute("DROP TABLE IF EXISTS valued")


def _differences(scratch: duckdb.DuckDBPyConnection) -> pa.Table:
    table = scratch.sql(f"""
        SELECT key, CASE WHEN same AND again THEN told_action ELSE {_ACTION} END AS action, pin,
            CASE WHEN same THEN told_from
                 WHEN pin <> told_pin AND told_action <> 'gone' THEN told_pin END AS moved_from,
            (CASE WHEN same THEN attempt + 1 ELSE 1 END)::SMALLINT AS attempt,
            CASE WHEN pin IS NOT NULL THEN content END AS content, CASE WHEN pin IS NOT NULL THEN altered END AS altered
        FROM (
            SELECT *, told_action IS NOT NULL AND pin IS NOT DISTINCT FROM told_pin
                AND (pin IS NULL OR content IS NOT DISTINCT FROM told) AS same
            FROM now
        ) WHERE (NOT same AND (pin IS NOT NULL OR told_action <> 'gone')) OR (same AND again)
        ORDER BY key""").to_arrow_table()
    return table.cast(ROWS)


def _contents(making: Making, dates: Dates, scratch: duckdb.DuckDBPyConnection) -> pa.Table:
    """The facts with `content` (and `held`, what the target itself has, where that matters); `altered` is null."""
    columns, party = making.columns, making.contract.party
    contested = [place for place, column in enumerate(columns) if making.own_may_win(column)]
    _value(making, contested, scratch)
    if contested:
        _decide(making, contested, dates, scratch)
    content = _joined(f"c{place}" for place in range(len(columns)))
    held = _joined(f"o{place}" for place in range(len(columns))) if making.needs_own else "NULL::VARCHAR"
    theirs = f"party IS NULL OR party = '{party}'" if party else "true"  # a redirected PIN has no document
    return scratch.sql(f"""
        SELECT key, CASE WHEN {theirs} THEN pin END AS pin, told_pin, told_from, told_action, told, attempt, again,
            {content} AS content, {held} AS held, NULL::VARCHAR AS altered
        FROM valued ORDER BY key""").to_arrow_table()


def _value(making: Making, contested: Sequence[int], scratch: duckdb.DuckDBPyConnection) -> None:
    """Table `valued`: of column n the value c<n> and the target's own o<n>; if contested, s<n>: whence, t<n>: when."""
    selected, owned = [], making.needs_own
    for place, column in enumerate(making.columns):
        if column.value in CONTENT_OF_ROW:
            value = "d.party" if column.value == "party" else "household"
            selected += [f"{value} AS c{place}"] + ([f"NULL::VARCHAR AS o{place}"] if owned else [])
            continue
        found = told(column)
        selected.append(f"{without_sql(found.text, column)} AS c{place}")
        if owned:
            selected.append(f"{without_sql(own(column), column)} AS o{place}")
        if place in contested:
            selected += [f"{found.record} AS s{place}", f"try_cast({found.since} AS DATE) AS t{place}"]
    wanted = {attribute_of(column.value) for column in making.columns}
    parsed = f"from_json(doc, '{_of(GOLDEN, wanted | {'party', 'organisation'})}') AS d"
    if owned:
        parsed += f", from_json(own, '{OWN}') AS r, from_json(original, '{ORIGINAL}') AS o"
    scratch.execute(f"""
        CREATE OR REPLACE TEMP TABLE valued AS
        SELECT key, pin, told_pin, told_from, told_action, told, attempt, again, own_date, d.party AS party,
            {"r.issues" if owned else "NULL"} AS issues, {", ".join(selected) or "NULL"}
        FROM (SELECT *, {parsed} FROM facts)""")


def _decide(making: Making, contested: Sequence[int], dates: Dates, scratch: duckdb.DuckDBPyConnection) -> None:
    """Where the target's own value stands, it takes the place of the golden one."""
    system = making.contract.system
    assert system is not None
    candidates = []
    for place in contested:
        column = making.columns[place]
        ours = source_trust(making.trust, system, group_of(column.value))
        less = _list(name for name in making.trust if source_trust(making.trust, name, group_of(column.value)) < ours)
        echoed = (
            f"len(list_filter(issues, lambda i: i.mark = 'echo' AND i.attribute = '{attribute_of(column.value)}')) > 0"
        )
        stands = f"o{place} IS NOT NULL AND c{place} IS DISTINCT FROM o{place} AND NOT coalesce({echoed}, false)"
        if column.overwrite == "if_empty":
            scratch.execute(f"UPDATE valued SET c{place} = o{place} WHERE {stands}")
        else:
            candidates.append((place, f"{stands} AND c{place} IS NOT NULL AND s{place}[1] IN ({less})"))
    asked = " UNION ".join(
        f"SELECT s{place}[1] AS system, s{place}[2] AS local_id FROM valued WHERE {stands}"
        for place, stands in candidates
    )
    origins = scratch.sql(f"SELECT DISTINCT system, local_id FROM ({asked})").to_arrow_table() if asked else None
    if origins is None or origins.num_rows == 0:
        return
    scratch.register("dated", dates(origins))
    for place, stands in candidates:
        scratch.execute(f"""
            UPDATE valued SET c{place} = o{place} FROM dated
            WHERE {stands} AND dated.system = s{place}[1] AND dated.local_id = s{place}[2]
            AND own_date > coalesce(epoch_us(t{place}), dated.date)""")


def _repaired(now: pa.Table, making: Making) -> pa.Table:
    """What the target cannot write, and what is too long for it, is altered; the rest stays as it is."""
    layout = making.contract.format
    content = now["content"]
    bad = frozenset() if layout.writes_everything and layout.quote is not None else unwritable_in(content, layout)
    touched = list(_too_long(now, making))
    if bad:
        pattern = "[" + "".join(f"\\x{{{ord(letter):X}}}" for letter in sorted(bad)) + "]"
        touched.append(pc.match_substring_regex(content, pattern))
    if not touched:
        return now
    mask = touched[0]
    for other in touched[1:]:
        mask = pc.or_(mask, other)
    places = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    if not places:
        return now
    repairer = Repairer(making.contract, making.columns, bad)
    contents = content.to_pylist()
    notes: list[str | None] = [None] * now.num_rows
    for place in places:
        found = repairer.repair(contents[place], now["held"][place].as_py())
        if found is not None:
            contents[place], notes[place] = found.content, found.altered
    for name, values in (("content", contents), ("altered", notes)):
        now = now.set_column(now.column_names.index(name), name, pa.array(values, pa.string()))
    return now


def _too_long(now: pa.Table, making: Making) -> Iterator[pa.ChunkedArray]:
    """Rows that may have a value that is too long."""
    layout = making.contract.format
    limited = [(place, column.width) for place, column in enumerate(making.columns) if column.width is not None]
    if not limited:
        return
    values = pc.split_pattern(now["content"], UNIT)
    for place, width in limited:
        text = pc.list_element(values, place)
        if layout.unit == "characters":
            yield pc.greater(pc.utf8_length(text), width)
        elif family_of(layout.encoding) in ("single", "double"):
            letters = pc.utf8_length(text)
            twice = pc.count_substring_regex(text, r"[^\x00-\x7F]") if family_of(layout.encoding) == "double" else 0
            yield pc.greater(pc.add(letters, twice), width)
        else:
            yield pc.greater(pc.multiply(pc.binary_length(text), 2), width)


def without_sql(text: str, column: TargetColumn) -> str:
    """SQL of a value without the beginning that the target does not want."""
    if column.without is None:
        return text
    start = column.without.replace("'", "''")
    return f"CASE WHEN starts_with({text}, '{start}') THEN substr({text}, {len(column.without) + 1}) ELSE {text} END"


def _joined(names: Iterator[str]) -> str:
    parts = ", chr(31), ".join(f"coalesce({name}, '')" for name in names)
    return f"concat({parts})" if parts else "''"


def _list(names: Iterator[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names) or "NULL"


def _of(structure: str, wanted: Mapping[str, object] | set[str]) -> str:
    """The members of a JSON structure that are wanted: what is not asked for is not made."""
    import orjson

    return orjson.dumps({name: kind for name, kind in orjson.loads(structure).items() if name in wanted}).decode()
