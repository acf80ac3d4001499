"""From the tables of an older ontograft to the present ones, by Alembic.

`versions/` has a file for each schema version. A new one is written when `kg.store.schema` changes
after a release of ontograft: it takes the next number, and a released one is never edited.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from kg.store.checking import fill_sums


def upgrade(connection: Connection, version: int) -> None:
    """Bring the tables to the newest version.

    Args:
        connection: in a transaction that writes; nothing is committed here.
        version: of the schema as it is; 0 where there are no tables.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.stamp(config, str(version) if version else "base")
    command.upgrade(config, "head")
    fill_sums(connection)
