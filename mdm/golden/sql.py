"""The declarations of `rules` as DuckDB SQL; the twin of `candidates` and `survivorship`. Only writes SQL.

The SQL reads the table ``golden_record`` that `bulk` prepares: columns of `CLEANSED` and beside them

* ``customer``  number of the customer; ``place`` of the record in (system, local id) order
* ``recorded``  microseconds since 1970, null when undated
* ``trust_<group>``  declared trust of its source for each group
* ``record``    JSON text of [system, local id]
"""

from __future__ import annotations

import math

from mdm.golden.rules import MICROSECONDS_PER_DAY, ROLE_GROUPS, RULES, UNION, Attribute

_SEPARATOR = "chr(31)"

# `rules.decayed_trust` in SQL; {half_life} in days
DECAYED_TRUST = (
    "(floor(declared_trust * pow(0.5::DOUBLE,"
    f" (newest - coalesce(seen, oldest))::DOUBLE / {MICROSECONDS_PER_DAY}::DOUBLE / {{half_life}})"
    " * 1e9::DOUBLE + 0.5::DOUBLE)::BIGINT + 500000000) // 1000000000"
)


def entries_query(attribute: Attribute) -> str:
    """SQL for (customer, entries): the JSON text of what the document holds under the attribute's name.

    Candidates that are alone in their slot pass straight through; only contested slots are compared.
    """
    order, spokesman = _ordering(RULES[attribute.order]), _ordering(attribute.spokesman)
    contested = f"""
        SELECT *, {_trust(attribute)} AS trust,
            coalesce(valid_to_us + {MICROSECONDS_PER_DAY} > newest, true)::INT AS current
        FROM candidate WHERE n > 1"""
    return f"""
    WITH candidate AS (
        SELECT *, count(*) OVER w AS n, max(seen) OVER w AS newest, min(seen) OVER w AS oldest
        FROM ({_candidates(attribute)}) WINDOW w AS (PARTITION BY customer, slot)
    ), contested AS ({contested}
    ), counted AS (
        SELECT *, {_support(attribute)} OVER (PARTITION BY customer, slot, same) AS support FROM contested
    ), different AS (
        SELECT * FROM counted
        QUALIFY row_number() OVER (PARTITION BY customer, slot, same ORDER BY {spokesman}) = 1
    ), ranked AS (
        SELECT customer, slot, value, support,
            row_number() OVER w AS rank, lead(value) OVER w AS runner_up
        FROM different WINDOW w AS (PARTITION BY customer, slot ORDER BY {order})
        UNION ALL
        SELECT customer, slot, value, 1, 1, NULL FROM candidate WHERE n = 1
    ), entry AS (
        {_kept(attribute)}
    )
    {_gathered(attribute)}"""


def _candidates(attribute: Attribute) -> str:
    """The candidates with the features that do not depend on the others; `value` is JSON text without its braces."""
    source = "r" if attribute.column is None else "item"
    carrier = None if attribute.period is None else _path(source, attribute.period)
    valid_from = f"{carrier}.valid_from" if carrier else "NULL::DATE"
    valid_to = f"{carrier}.valid_to" if carrier else "NULL::DATE"
    texts = [_text(source, path) for _, path in attribute.fields]
    needs = [_path(source, path) for needed in attribute.needs for path in needed.split("+")]
    return f"""
        SELECT customer, r.place AS record_place, {"1" if attribute.column is None else "item_place"} AS item_place,
            {_joined(source, attribute.slot)} AS slot, {_same(source, attribute)} AS same,
            {_value(attribute, source, texts, valid_from, valid_to)} AS value,
            {f"coalesce(epoch_us({valid_from}), recorded)" if carrier else "recorded"} AS seen, recorded,
            {f"epoch_us({valid_to})" if carrier else "NULL::BIGINT"} AS valid_to_us,
            trust_{attribute.group} AS declared_trust,
            {" + ".join(f"({text} IS NOT NULL)::INT" for text in texts)} AS completeness,
            {" + ".join(f"coalesce(length({text}), 0)" for text in texts)} AS length
        FROM {_source(attribute)}
        WHERE ({" OR ".join(f"{text} IS NOT NULL" for text in texts)})
            AND {f"({' OR '.join(f'{need} IS NOT NULL' for need in needs)})" if needs else "true"}"""


def _source(attribute: Attribute) -> str:
    roles = ", ".join(f"'{role}'" for role, groups in ROLE_GROUPS.items() if attribute.group not in groups)
    allowed = f"role IS NULL OR role NOT IN ({roles})" if roles else "true"
    if attribute.column is None:
        return f"(SELECT * FROM golden_record WHERE {allowed}) r"
    return f"""(
            SELECT customer, place, recorded, record, trust_{attribute.group},
                unnest({attribute.column}) AS item, generate_subscripts({attribute.column}, 1) AS item_place
            FROM golden_record WHERE {allowed}) r"""


def _value(attribute: Attribute, source: str, texts: list[str], valid_from: str, valid_to: str) -> str:
    """JSON members of the value: its fields, period and record, comma-separated, without braces."""
    names = [name for name, _ in attribute.fields]
    members = [_member(name, text) for name, text in zip(names, texts, strict=True)]
    if attribute.whole:
        members = [f"""'"value":{{' || concat_ws(',', {", ".join(members)}) || '}}'"""]
    if attribute.period is not None:
        members += [_member("valid_from", f"{valid_from}::TEXT"), _member("valid_to", f"{valid_to}::TEXT")]
    return f"""concat_ws(',', {", ".join(members)}, '"record":' || record)"""


def _member(name: str, text: str) -> str:
    return f"""'"{name}":' || to_json({text})::TEXT"""


def _kept(attribute: Attribute) -> str:
    """The entries that the rule keeps: every value of a union, the first of each other slot with its runner-up."""
    tail = """',"rule":"{rule}","support":' || support"""
    best = (
        f"""SELECT customer, slot, rank, '{{' || value || {tail.format(rule=attribute.order)}
            || coalesce(',"runner_up":{{' || runner_up || '}}', '') || '}}' AS entry FROM ranked WHERE rank = 1"""
    )  # fmt: skip
    if not attribute.keeps_all:
        return best
    one_per = ", ".join(f"'{slot}'" for slot in sorted(attribute.one_per))
    every = f"""SELECT customer, slot, rank, '{{' || value || {tail.format(rule=UNION)} || '}}' AS entry FROM ranked"""
    if not one_per:
        return every
    return f"{best} AND slot IN ({one_per}) UNION ALL {every} WHERE slot NOT IN ({one_per})"


def _gathered(attribute: Attribute) -> str:
    if attribute.column is None:
        return "SELECT customer, entry AS entries FROM entry"
    return """
    SELECT customer, '[' || string_agg(entry, ',' ORDER BY slot, rank) || ']' AS entries FROM entry GROUP BY customer"""


def _support(attribute: Attribute) -> str:
    """Number of records: a record that lists a value twice counts once."""
    return "count(*)" if attribute.column is None else "count(DISTINCT record_place)"


def _trust(attribute: Attribute) -> str:
    half_life = attribute.half_life_days
    days = "'infinity'::DOUBLE" if math.isinf(half_life) else f"{half_life!r}::DOUBLE"
    return f"coalesce({DECAYED_TRUST.format(half_life=days)}, declared_trust)"


def _ordering(features: tuple[str, ...]) -> str:
    ranked = [f"{feature} DESC NULLS LAST" for feature in features]
    return ", ".join((*ranked, "record_place", "item_place"))


def _same(source: str, attribute: Attribute) -> str:
    fields = _joined(source, tuple(path for _, path in attribute.fields))
    if not attribute.same:
        return fields
    known = " OR ".join(f"{_text(source, path)} IS NOT NULL" for path in attribute.same)
    return f"CASE WHEN {known} THEN {_joined(source, attribute.same)} ELSE {fields} END"


def _joined(source: str, paths: tuple[str, ...]) -> str:
    if not paths:
        return "''"
    return f" || {_SEPARATOR} || ".join(f"coalesce({_text(source, path)}, '')" for path in paths)


def _text(source: str, path: str) -> str:
    """The text at `path`; see `Attribute.fields` for what a path is."""
    if "+" in path:
        return f"nullif(concat({', '.join(_path(source, part) for part in path.split('+'))}), '')"
    return f"{_path(source, path)}::TEXT"


def _path(source: str, path: str) -> str:
    return f"{source}.{'.'.join(f'{chr(34)}{step}{chr(34)}' for step in path.split('.'))}" if path else source
