"""The migrations lead to exactly the tables of the models, once, whoever applies them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from mdm.errors import StoreError
from mdm.store.database import Database
from mdm.store.migrations import migrate
from mdm.store.tables import METADATA


def test_models_are_what_the_migrations_make(connection: sa.Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, METADATA) == []


def test_every_table_says_what_it_is() -> None:
    assert [name for name, table in METADATA.tables.items() if not table.comment] == []


def test_migrating_again_changes_nothing(connection: sa.Connection) -> None:
    def schema() -> list[tuple[object, ...]]:
        query = (
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
        )
        columns = connection.exec_driver_sql(f"{query} order by 1, 2").all()
        return [*map(tuple, columns), *map(tuple, connection.exec_driver_sql("select * from alembic_version").all())]

    migrate(connection)
    once = schema()
    migrate(connection)
    assert once
    assert schema() == once


def test_many_at_once_take_turns(fresh_database: Database) -> None:
    with fresh_database.begin() as connection:
        connection.exec_driver_sql("drop schema mart cascade")
        METADATA.drop_all(connection)
        connection.exec_driver_sql("drop table alembic_version")

    def apply(_: int) -> None:
        with fresh_database.begin() as connection:
            migrate(connection)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(apply, range(3)))
    with fresh_database.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from alembic_version").scalar() == 1


def test_a_later_version_is_refused(connection: sa.Connection) -> None:
    connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError, match="9999") as caught:
        migrate(connection)
    assert "later version of mdm" in str(caught.value)
