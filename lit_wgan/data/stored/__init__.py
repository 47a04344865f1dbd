"""Arrays and tables in files, read row by row from where they lie."""

from lit_wgan.data.stored.base import StoredArray
from lit_wgan.data.stored.cached import copied
from lit_wgan.data.stored.finite import check_finite
from lit_wgan.data.stored.joined import Joined
from lit_wgan.data.stored.opening import open_array
from lit_wgan.data.stored.slow import slow_reads
from lit_wgan.data.stored.table_files import TABLES
from lit_wgan.data.stored.tables import Table, named_columns, open_table, table_columns, write_columns

__all__ = [
    "TABLES",
    "Joined",
    "StoredArray",
    "Table",
    "check_finite",
    "copied",
    "named_columns",
    "open_array",
    "open_table",
    "slow_reads",
    "table_columns",
    "write_columns",
]
