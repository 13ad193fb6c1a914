"""How a snapshot lies in its Parquet file: types, compression, and the digest of each column beside them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.digest import canonical_type
from tasks.data.digest_stream import stream_digests

_COLUMN_DIGESTS = b"perennial.column_digests"
_BATCH_ROWS = 32_768


def canonical(table: pa.Table) -> pa.Table:
    """Return ``table`` in the types that are saved, without metadata."""
    schema = pa.schema([pa.field(f.name, canonical_type(f.type)) for f in table.schema])
    return table.replace_schema_metadata(None).cast(schema).unify_dictionaries()


def shape(schema: pa.Schema) -> dict[str, Any]:
    """Return how such columns are written, as options of pyarrow's writers."""
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return {"compression": "lz4", "use_dictionary": texts, "write_statistics": False}


def metadata_of(columns: Mapping[str, str]) -> dict[bytes, str]:
    """Return the digests of ``columns`` as the metadata of their file."""
    return {_COLUMN_DIGESTS: json.dumps(columns)}


def recorded_digests(schema: pa.Schema) -> dict[str, str]:
    """Return the digest of each column as the file's metadata have it."""
    found: dict[str, str] = json.loads(schema.metadata[_COLUMN_DIGESTS])
    return found


def digests_in(file: pq.ParquetFile, columns: Sequence[str]) -> dict[str, str]:
    """Return the digest of each of ``columns`` as its values are in the file."""
    schema = pa.schema([file.schema_arrow.field(name) for name in columns])
    return stream_digests(lambda names: file.iter_batches(_BATCH_ROWS, columns=list(names)), schema)
