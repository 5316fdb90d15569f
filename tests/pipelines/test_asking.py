"""Questions over several connections at once: the same answers, and no error is lost."""

from collections.abc import Callable

import pyarrow as pa
import pytest
import sqlalchemy as sa

from mdm.store.bulk import fetch_numbers, load_values
from mdm.store.database import Database
from pipelines import asking
from pipelines.asking import Begun, ask_in_halves


def doubled(connection: sa.Connection, numbers: pa.Array) -> pa.Table:
    load_values(connection, "wanted", numbers)
    return fetch_numbers(connection, "select value, 2 * value as twice from wanted", ("value", "twice"))


@pytest.mark.parametrize("few", [1, 3, 100])
def test_halves_answer_as_the_whole(database: Database, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(asking, "FEW", few)
    for numbers in ([], [7], [7, 7, None, 3], list(range(20))):
        found = ask_in_halves(database, doubled, pa.array(numbers, pa.int64())).to_pylist()
        expected = [{"value": n, "twice": 2 * n} for n in sorted({n for n in numbers if n is not None})]
        assert sorted(found, key=lambda row: row["value"]) == expected


def test_texts_and_errors(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FEW", 1)
    texts = pa.array(["b", "a", "b"])
    assert sorted(ask_in_halves(database, lambda _, part: pa.table({"t": part}), texts)["t"].to_pylist()) == ["a", "b"]

    def fail(connection: sa.Connection, part: pa.Array) -> pa.Table:
        raise KeyError(part[0].as_py())

    with pytest.raises(KeyError):
        ask_in_halves(database, fail, texts)


def test_a_question_is_begun_before_it_is_known(database: Database) -> None:
    def total(connection: sa.Connection, rest: Callable[[], int]) -> int:
        first = connection.exec_driver_sql("select 40").scalar_one()
        return int(first + rest())

    with asking.asking(database) as store:
        begun, nobody = Begun(store, total), Begun(store, total)
        assert not begun.ended
        assert begun.end(2) == 42
        assert begun.ended
        nobody.give_up()  # or the block would wait for ever
        assert nobody.ended


def test_an_error_of_a_question_that_was_begun_is_told_at_its_end(database: Database) -> None:
    def wrong(connection: sa.Connection, rest: Callable[[], int]) -> int:
        return int(connection.exec_driver_sql("select 1 / 0").scalar_one() + rest())

    with asking.asking(database) as store:
        begun = Begun(store, wrong)
        with pytest.raises(sa.exc.DataError, match="division by zero"):
            begun.end(2)
