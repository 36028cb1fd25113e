"""The clinic's database: its schema, its migrations, what arrives from stations, and what goes to them."""

from sync.store.database import engine, upgrade, writing

__all__ = ["engine", "upgrade", "writing"]
