"""The declarations of `rules` as DuckDB SQL; the twin of `candidates` and `survivorship`. Only writes SQL.

Texts are put together by `concat`, all parts at once and null as nothing: `||` copies what it has for each part. It is
used where null shall stay null.

The SQL reads the table ``golden_record`` that `bulk` prepares: columns of `CLEANSED` and beside them

* ``customer``  number of the customer; ``place`` of the record in (system, local id) order
* ``recorded``  microseconds since 1970, null when undated
* ``trust_<group>``  declared trust of its source for each group
* ``record``    JSON text of [system, local id]
* ``doubts``    what cleansing found suspicious, as golden attributes (`DOUBTS`); null for nothing
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mdm.golden.candidates import ECHO, SUSPICIOUS
from mdm.golden.rules import MICROSECONDS_PER_DAY, REMARKS, ROLE_GROUPS, UNION, Attribute

_SEPARATOR = "chr(31)"
# `candidates.doubts_of` of all attributes in SQL
_RENAMED = " ".join(f"WHEN starts_with(i.attribute, '{prefix}') THEN '{name}'" for prefix, name in REMARKS)
DOUBTS = (
    f"CASE WHEN c.issues IS NOT NULL THEN list_transform(list_filter(c.issues, lambda i: i.mark = '{SUSPICIOUS}'), "
    f"lambda i: CASE {_RENAMED} ELSE i.attribute END) END"
)
_SHORT = 8  # entries; a heap of this size is kept for each customer

# `rules.decayed_trust` in SQL; {half_life} in days
DECAYED_TRUST = (
    "(floor(declared_trust * pow(0.5::DOUBLE,"
    f" (newest - coalesce(seen, oldest))::DOUBLE / {MICROSECONDS_PER_DAY}::DOUBLE / {{half_life}})"
    " * 1e9::DOUBLE + 0.5::DOUBLE)::BIGINT + 500000000) // 1000000000"
)


def entries_query(attribute: Attribute, *, echoes: bool = False) -> str:
    """SQL for (customer, entries): the JSON text of what the document holds under the attribute's name.

    echoes: ``golden_record`` has the column ``issues``, which may mark values as echoes. Candidates that are alone in
    their slot pass straight through; only contested slots are compared.
    """
    group = "customer, slot" if attribute.slot else "customer"
    return f"""
    WITH candidate AS MATERIALIZED ({_candidates(attribute, echoes)}
    ), dates AS (
        SELECT {group}, count(*) AS n, max(seen) AS newest, min(seen) AS oldest FROM candidate GROUP BY {group}
    ), alone AS (
        SELECT c.* FROM candidate c JOIN dates USING ({group}) WHERE n = 1
    ), contested AS MATERIALIZED (
        SELECT c.*, {_trust(attribute)} AS trust,
            coalesce(valid_to_us + {MICROSECONDS_PER_DAY} > newest, true)::INT AS current
        FROM candidate c JOIN dates USING ({group}) WHERE n > 1
    ), different AS (
        SELECT sum(counts) AS support, max(sound) AS sound, arg_min(id, {_sort_key(attribute.spokesman)}) AS id
        FROM contested c GROUP BY {group}, same
    ), ranked AS (
        SELECT c.*, {_rank(attribute)} AS rank FROM (
            SELECT o.* EXCLUDE (sound), d.sound, d.support::BIGINT AS support
            FROM contested o JOIN different d ON o.id = d.id
        ) c
    ){_listed(attribute, group) if attribute.column else _chosen(attribute)}"""


def _chosen(attribute: Attribute) -> str:
    """The winner of each customer with its runner-up; their texts are made only now, from their records."""
    value = _record_value(attribute)
    return f""", chosen AS MATERIALIZED (
        SELECT customer, arg_min(id, rank, 2) AS ids, arg_min(support, rank) AS support FROM ranked GROUP BY customer
        UNION ALL SELECT customer, [id], 1 FROM alone
    ), runner_up AS (
        SELECT k.customer, {value} AS value
        FROM golden_record r JOIN (SELECT customer, ids[2] AS id FROM chosen WHERE len(ids) > 1) k ON r.place = k.id
    )
    SELECT k.customer, {_best(value, attribute.order, "u.value", "k.support")} AS entries
    FROM golden_record r JOIN chosen k ON r.place = k.ids[1] LEFT JOIN runner_up u ON u.customer = k.customer"""


def _listed(attribute: Attribute, group: str) -> str:
    """The entries that the rule keeps, as one list per customer: short lists by a bounded heap, long ones sorted."""
    return f""", entry AS MATERIALIZED ({_kept(attribute, group)}
    ), short AS MATERIALIZED (
        SELECT customer, count(*) AS n, arg_min(entry, rank, {_SHORT}) AS entries FROM entry GROUP BY customer
    )
    SELECT customer, '[' || array_to_string(entries, ',') || ']' AS entries FROM short WHERE n <= {_SHORT}
    UNION ALL
    SELECT customer, '[' || string_agg(entry, ',' ORDER BY rank) || ']'
    FROM entry SEMI JOIN (SELECT customer FROM short WHERE n > {_SHORT}) USING (customer) GROUP BY customer"""


def _kept(attribute: Attribute, group: str) -> str:
    """(customer, rank, entry): every value of a union, the first of each other slot with its runner-up."""
    one_per = ", ".join(f"'{slot}'" for slot in sorted(attribute.one_per))
    alone = _rank(attribute, alone=True)
    selects = []
    if one_per or not attribute.keeps_all:
        winner = _best("arg_min(value, rank)", attribute.order, "arg_min(value, rank, 2)[2]", "arg_min(support, rank)")
        where = f"slot IN ({one_per})" if attribute.keeps_all else "true"
        selects += [
            f"SELECT customer, min(rank) AS rank, {winner} AS entry FROM ranked WHERE {where} GROUP BY {group}",
            f"SELECT customer, {alone}, {_best('value', attribute.order)} FROM alone WHERE {where}",
        ]
    if attribute.keeps_all:
        where = f"slot NOT IN ({one_per})" if one_per else "true"
        selects += [
            f"SELECT customer, rank, {_best('value', UNION, support='support')} AS entry FROM ranked WHERE {where}",
            f"SELECT customer, {alone}, {_best('value', UNION)} FROM alone WHERE {where}",
        ]
    return " UNION ALL ".join(selects)


def _best(value: str, rule: str, runner_up: str | None = None, support: str = "1") -> str:
    """JSON text of an entry."""
    tail = f"""',"runner_up":{{' || {runner_up} || '}}', '}}'""" if runner_up else "'}'"
    return f"""concat('{{', {value}, ',"rule":"{rule}","support":', {support}, {tail})"""


def _candidates(attribute: Attribute, echoes: bool) -> str:
    """The candidates with the features that do not depend on the others.

    `id` orders by record and place in the record. `counts` is 0 where the record has the value already. `value` (of
    list items; a record's own is made when it has won) is JSON text without its braces.
    """
    source = "r" if attribute.column is None else "item"
    _, valid_to = _period(attribute, source)
    texts = [_text(source, path) for _, path in attribute.fields]
    carrier = "" if attribute.period is None else _path(source, attribute.period)
    echo = _echo(source, attribute) if echoes else "false"
    counts = "1" if attribute.column is None else "(list_position(sames, same) = item_place)::INT"
    seen = f"coalesce(epoch_us({carrier}.valid_from), recorded)" if carrier else "recorded"
    return f"""
        SELECT customer, {_joined(source, attribute.slot)} AS slot,
            {_same(source, attribute) if attribute.column is None else "same"} AS same,
            {"r.place" if attribute.column is None else "(r.place << 20) + item_place"} AS id,
            {_unless(echo, counts, "0")} AS counts,
            {"NULL" if attribute.column is None else _record_value(attribute)} AS value,
            {_unless(echo, seen, "NULL")} AS seen, {_unless(echo, "recorded", "NULL")} AS recorded,
            {f"epoch_us({valid_to})" if carrier else "NULL::BIGINT"} AS valid_to_us,
            {_unless(echo, _declared(source, attribute), "0")} AS declared_trust,{_telling(source, attribute)}
            {_sound(source, attribute)} AS sound,
            {" + ".join(f"({text} IS NOT NULL)::INT" for text in texts)} AS completeness,
            {" + ".join(f"coalesce(length({text}), 0)" for text in texts)} AS length
        FROM {_source(attribute, echoes)}
        WHERE {_offered(source, attribute) if attribute.column is None else "same IS NOT NULL"}"""


def _offered(source: str, attribute: Attribute) -> str:
    """Whether there is a candidate at all: a field filled, and one of those that it needs."""
    filled = " OR ".join(f"{_text(source, path)} IS NOT NULL" for _, path in attribute.fields)
    needed = " OR ".join(f"{_text(source, path)} IS NOT NULL" for path in attribute.needs)
    return f"({filled})" + (f" AND ({needed})" if needed else "")


def _telling(source: str, attribute: Attribute) -> str:
    if not attribute.tells:
        return ""
    return f" ({' OR '.join(f'{_text(source, path)} IS NOT NULL' for path in attribute.tells)})::INT AS telling,"


def _sound(source: str, attribute: Attribute) -> str:
    """1, or 0 where cleansing found the value suspicious."""
    if attribute.doubted_as is None:
        return "1"
    name = f"'{attribute.name}'"
    if attribute.slot:
        name = f"concat('{attribute.name}.', {_joined(source, attribute.slot)})"
    return f"(NOT coalesce(list_contains(doubts, {name}), false))::INT"


def _declared(source: str, attribute: Attribute) -> str:
    """The trust declared for a value."""
    trust = f"trust_{attribute.group}"
    if attribute.doubted_as is None or attribute.period is not None:
        return trust
    return f"CASE WHEN {_sound(source, attribute)} = 1 THEN {trust} ELSE {trust} // 2 END"


def _echo(source: str, attribute: Attribute) -> str:
    """Whether the value is an echo: `candidates.echo_key` in SQL."""
    path = dict(attribute.fields).get("value")
    if attribute.column is None:
        key = "''"
    elif path is None:
        return "false"
    else:
        value = _text(source, path)
        key = f"concat({_joined(source, attribute.slot)}, ': ', {value})" if attribute.slot else value
    marks = f"i.mark = '{ECHO}' AND i.attribute = '{attribute.name}' AND i.reason = {key}"
    return f"coalesce(len(list_filter(issues, lambda i: {marks})), 0) > 0"


def _unless(echo: str, value: str, otherwise: str) -> str:
    return value if echo == "false" else f"CASE WHEN {echo} THEN {otherwise} ELSE {value} END"


def _source(attribute: Attribute, echoes: bool) -> str:
    roles = ", ".join(f"'{role}'" for role, groups in ROLE_GROUPS.items() if attribute.group not in groups)
    allowed = f"role IS NULL OR role NOT IN ({roles})" if roles else "true"
    if attribute.column is None:
        return f"(SELECT * FROM golden_record WHERE {allowed}) r"
    column = attribute.column
    same = f"CASE WHEN {_offered('item', attribute)} THEN {_same('item', attribute)} END"
    return f"""(
            SELECT customer, place, recorded, record, doubts, trust_{attribute.group},{" issues," if echoes else ""}
                unnest({column}) AS item,
                unnest(sames) AS same, sames, generate_subscripts({column}, 1) AS item_place
            FROM (
                SELECT *, list_transform({column}, lambda item: {same}) AS sames
                FROM golden_record WHERE {allowed}
            )) r"""


def _period(attribute: Attribute, source: str) -> tuple[str, str]:
    """valid_from and valid_to of a value."""
    if attribute.period is None:
        return "NULL::DATE", "NULL::DATE"
    carrier = _path(source, attribute.period)
    return f"{carrier}.valid_from", f"{carrier}.valid_to"


def _record_value(attribute: Attribute) -> str:
    """JSON members of the value: its fields, period and record, comma-separated, without braces."""
    source = "r" if attribute.column is None else "item"
    members = [_member(name, _text(source, path)) for name, path in attribute.fields]
    if attribute.whole:
        members = [f"""'"value":{{' || concat_ws(',', {", ".join(members)}) || '}}'"""]
    if attribute.period is not None:
        dates = zip(("valid_from", "valid_to"), _period(attribute, source), strict=True)
        members += [f"""'"{name}":"' || {moment}::TEXT || '"'""" for name, moment in dates]
    return f"""concat_ws(',', {", ".join(members)}, '"record":' || record)"""


def _member(name: str, text: str) -> str:
    return f"""'"{name}":' || to_json({text})::TEXT"""


def _trust(attribute: Attribute) -> str:
    half_life = attribute.half_life_days
    days = "'infinity'::DOUBLE" if math.isinf(half_life) else f"{half_life!r}::DOUBLE"
    return f"coalesce({DECAYED_TRUST.format(half_life=days)}, declared_trust)"


def _rank(attribute: Attribute, *, alone: bool = False) -> str:
    """Sorts the candidates of a customer: by slot, then best first."""
    slot = ["slot, 'ASC NULLS LAST'"] if attribute.slot else []
    if alone:
        return f"create_sort_key({slot[0]})" if slot else "''::BLOB"
    return _sort_key(attribute.features, slot=slot)


def _sort_key(features: tuple[str, ...], slot: Sequence[str] = ()) -> str:
    """Sorts first what is best by `features`; (system, local_id) and the place in the record decide the rest."""
    best_first = [f"{feature}, 'DESC NULLS LAST'" for feature in features]
    return f"create_sort_key({', '.join((*slot, *best_first))}, c.id, 'ASC NULLS LAST')"


def _same(source: str, attribute: Attribute) -> str:
    fields = _joined(source, tuple(path for _, path in attribute.fields))
    if not attribute.same:
        return fields
    known = " OR ".join(f"{_text(source, path)} IS NOT NULL" for path in attribute.same)
    return f"CASE WHEN {known} THEN {_joined(source, attribute.same)} ELSE {fields} END"


def _joined(source: str, paths: tuple[str, ...]) -> str:
    if not paths:
        return "''"
    return f"concat({f', {_SEPARATOR}, '.join(_text(source, path) for path in paths)})"


def _text(source: str, path: str) -> str:
    """The text at `path`; see `Attribute.fields` for what a path is."""
    if "+" in path:
        return f"nullif(concat({', '.join(_path(source, part) for part in path.split('+'))}), '')"
    return f"{_path(source, path)}::TEXT"


def _path(source: str, path: str) -> str:
    return f"{source}.{'.'.join(f'{chr(34)}{step}{chr(34)}' for step in path.split('.'))}" if path else source
