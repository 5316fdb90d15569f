"""The DuckDB SQL of one value: an expression of a contract over trimmed text columns."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from mdm.contracts import Expression

# Blanks that legacy systems fill fields with: ASCII, no-break, en..hair, zero-width, ideographic, byte order mark.
BLANKS = " \t\n\r\f\v\u00a0\u2002\u2003\u2009\u200b\u3000\ufeff"


class Values:
    """The values that one SELECT works out, each once: `scalar` and `many` answer with the name of a computed column.

    `lists` are the source columns that hold lists of text (JSON arrays).
    """

    def __init__(self, lists: frozenset[str] = frozenset()) -> None:
        self.lists = lists
        self._names: dict[str, str] = {}  # SQL -> name

    def name(self, sql: str) -> str:
        """The name under which the value of `sql` is computed."""
        return self._names.setdefault(sql, f"v{len(self._names)}")

    def column(self, name: str) -> str:
        """A source column as one text; of a list its first element."""
        return self.name(f"{quoted(name)}[1]" if name in self.lists else quoted(name))

    def scalar(self, expression: Expression | None) -> str:
        """The name of one text value."""
        return "NULL::VARCHAR" if expression is None else self.name(expression_sql(expression, self.lists))

    def many(self, expression: Expression) -> str | None:
        """The name of a list of text values, or None when the expression has one value only."""
        sql = many_sql(expression, self.lists)
        return None if sql is None else self.name(sql)

    def select_list(self) -> str:
        """`sql AS name` of everything asked for."""
        return "".join(f"{sql} AS {name}, " for sql, name in self._names.items())


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def expression_sql(expression: Expression, lists: frozenset[str] = frozenset()) -> str:
    """One text value."""
    if expression.const is not None:
        source = literal(expression.const)
    elif expression.column is not None:
        source = quoted(expression.column) + ("[1]" if expression.column in lists else "")
    else:
        source = _composed(expression, lists)
    return _steps(source, expression)


def many_sql(expression: Expression, lists: frozenset[str]) -> str | None:
    """A list of text values without nulls: the elements of a list column, or the pieces between separators."""
    if expression.column in lists:
        items = quoted(str(expression.column))
    elif expression.separator is not None:
        whole = Expression(
            column=expression.column, const=expression.const, parts=expression.parts, join=expression.join
        )
        items = f"string_split({expression_sql(whole, lists)}, {literal(expression.separator)})"
    else:
        return None
    one = _steps(_piece("x"), expression)
    return f"list_filter(list_transform({items}, lambda x: {one}), lambda x: x IS NOT NULL)"


def instant_sql(expression: Expression, lists: frozenset[str], timezone: str) -> str:
    """An instant: the declared formats, else ISO; null when the text is neither. Local times are in `timezone`."""
    if expression.const is not None and not expression.formats:
        return _constant_instant(expression.const, timezone)
    sql = expression_sql(expression.model_copy(update={"formats": ()}), lists)
    zone = literal(timezone)
    moments = [f"timezone({zone}, {_moment(sql, form)})" for form in expression.formats]
    zoned = rf"regexp_matches({sql}, '\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$')"
    iso = (
        f"CASE WHEN {zoned} THEN try_cast({sql} AS TIMESTAMPTZ) ELSE timezone({zone}, try_cast({sql} AS TIMESTAMP)) END"
    )
    return f"coalesce({', '.join([*moments, iso])})"


def _constant_instant(text: str, timezone: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return "NULL::TIMESTAMPTZ"
    local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return f"TIMESTAMPTZ {literal(local.astimezone(dt.UTC).isoformat())}"


def _piece(sql: str) -> str:
    """A piece of a text, trimmed; nothing is null."""
    return f"nullif(trim({sql}, {literal(BLANKS)}), '')"


def _composed(expression: Expression, lists: frozenset[str]) -> str:
    """The parts joined without nulls; null when no column among them has a value."""
    parts = [expression_sql(part, lists) for part in expression.parts]
    joined = f"concat_ws({literal(expression.join)}, {', '.join(parts)})"
    from_columns = [sql for sql, part in zip(parts, expression.parts, strict=True) if any(part.columns())]
    if not from_columns:
        return joined
    return f"CASE WHEN coalesce({', '.join(from_columns)}) IS NOT NULL THEN {joined} END"


def _steps(sql: str, expression: Expression) -> str:
    if expression.pattern is not None:
        sql = _piece(f"regexp_extract({sql}, {literal(expression.pattern)}, {expression.group})")
    if expression.split is not None:
        sql = _piece(f"split_part({sql}, {literal(expression.split)}, {expression.part})")
    if expression.values is not None:
        sql = _looked_up(sql, expression)
    if expression.default is not None:
        sql = f"coalesce({sql}, {literal(expression.default)})"
    if expression.formats:
        sql = f"coalesce({', '.join(_iso(sql, form) for form in expression.formats)}, {sql})"
    return sql


def _looked_up(sql: str, expression: Expression) -> str:
    cases = " ".join(
        f"WHEN {literal(code.strip())} THEN {'NULL' if value is None else literal(value)}"
        for code, value in (expression.values or {}).items()
    )
    otherwise = sql if expression.otherwise == "keep" else "NULL"
    return f"CASE {sql} {cases} ELSE {otherwise} END"


def _iso(sql: str, form: str) -> str:
    """ISO text of a date in format `form`, null when the text does not fit."""
    moment = _moment(sql, form)
    timed = re.search(r"%[HMSfIp]", form)
    return f"strftime({moment}, '%Y-%m-%dT%H:%M:%S')" if timed else f"CAST(CAST({moment} AS DATE) AS VARCHAR)"


def _moment(sql: str, form: str) -> str:
    """A timestamp, or null. Digits without separators must fill the format: 1931102 is no %Y%m%d."""
    parsed = f"try_strptime({sql}, {literal(form)})"
    exact = f" AND strftime({parsed}, {literal(form)}) = {sql}" if re.search(r"%[A-Za-z]%", form) else ""
    return f"CASE WHEN year({parsed}) > 0{exact} THEN {parsed} END"
