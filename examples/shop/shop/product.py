"""A thing that the shop sells."""

from typing import ClassVar

from sqlalchemy import CheckConstraint, true
from sqlmodel import Field

from app_db.entity import Entity, EntityTable


class Product(Entity):
    """A thing on the shelf; its price is in cents, because a float cannot hold ten of them."""

    name: str = Field(index=True)
    price_cents: int = Field(ge=0)
    stock: int = Field(default=0, ge=0)
    on_sale: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class ProductTable(EntityTable, Product, table=True):
    """One row per product; PostgreSQL refuses what the model refuses."""

    __tablename__ = "products"
    __table_args__: ClassVar[tuple[CheckConstraint, ...]] = (
        CheckConstraint("price_cents >= 0", name="price_cents"),
        CheckConstraint("stock >= 0", name="stock"),
    )
