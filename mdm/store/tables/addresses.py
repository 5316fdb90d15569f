"""What households are found by: addresses, their keys, which record names which, and what joins their spellings; and
what legal entities are found by.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mdm.store.tables.columns import bigint, text


class Address(SQLModel, table=True):
    """Number, street, unit and PO box of an address at which somebody was seen, wherever it may be."""

    __tablename__ = "address"
    __table_args__ = (
        sa.Index("address_street_ix", "street", "number", postgresql_ops={"street": "text_pattern_ops"}),
        {"comment": "number, street, unit and PO box at which somebody was seen"},
    )

    address: int = bigint("number made of the texts", primary_key=True)
    number: str = text()
    street: str = text()
    unit: str = text()
    box: str = text()


class AddressKey(SQLModel, table=True):
    """What addresses of one dwelling are expected to share, and what is counted of them."""

    __tablename__ = "address_key"
    __table_args__ = (
        sa.Index("address_key_key_ix", "key", "address"),
        {"comment": "what addresses of one dwelling are expected to share, and what is counted of them"},
    )

    address: int = bigint(primary_key=True)
    key: int = bigint("see mdm.resolve.addresses; odd: a census", primary_key=True)


class Sighting(SQLModel, table=True):
    """The address that a current record of a person names."""

    __tablename__ = "sighting"
    __table_args__ = (
        sa.Index("sighting_address_ix", "address"),
        sa.Index("sighting_site_ix", "site"),
        {"comment": "the address that a current record of a person names"},
    )

    record_id: int = bigint(primary_key=True)
    address: int = bigint()
    site: int = bigint("address in one place: number of its first spelling")


class DwellingJoin(SQLModel, table=True):
    """Two sites that may be one dwelling."""

    __tablename__ = "dwelling_join"
    __table_args__ = (
        sa.Index("dwelling_join_strong_ix", "strong"),
        sa.Index("dwelling_join_weak_address_ix", "weak_address"),
        sa.Index("dwelling_join_strong_address_ix", "strong_address"),
        {"comment": "two sites that may be one dwelling"},
    )

    weak: int = bigint("the site that follows", primary_key=True)
    strong: int = bigint("the better known site", primary_key=True)
    weak_address: int = bigint()
    strong_address: int = bigint()
    support: int = Field(sa_type=sa.SmallInteger, sa_column_kwargs={"comment": "what people say for it"})
    kind: int = Field(sa_type=sa.SmallInteger, sa_column_kwargs={"comment": "how the spellings differ"})
    similarity: float = Field(sa_type=sa.Double, sa_column_kwargs={"comment": "of the streets, 0 to 1"})


class EntityKey(SQLModel, table=True):
    """What current records of organisations of one legal entity are expected to share."""

    __tablename__ = "entity_key"
    __table_args__ = (
        sa.Index("entity_key_key_ix", "key", "record_id"),
        {"comment": "what current records of organisations of one legal entity are expected to share"},
    )

    record_id: int = bigint(primary_key=True)
    key: int = bigint("see mdm.resolve.entity_keys; odd: asks for the key before", primary_key=True)


__all__ = ["Address", "AddressKey", "DwellingJoin", "EntityKey", "Sighting"]
