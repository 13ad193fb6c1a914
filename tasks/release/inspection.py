"""What a prediction of a model costs, measured where nothing but its files is there."""

import sys
from statistics import median
from time import perf_counter

import pyarrow as pa

from tasks.errors import PerennialError
from tasks.judgement.verdict import Cost
from tasks.release.artifact import Artifact, Model, load_artifact, read_sample, verify

_SINGLE_ROWS = 30
_BATCHES = 5


def inspect_artifact(artifact: Artifact) -> Cost:
    """Return the cost of one row alone and of one among many; raise ArtifactDamaged if it does not predict the same."""
    verify(artifact.uri, artifact.digest)
    model, sample = load_artifact(artifact.uri, artifact.digest), read_sample(artifact.uri)
    singles = [_seconds(model, sample.slice(place, 1)) for place in _spread(sample.num_rows)]
    batches = [_seconds(model, sample) for _ in range(_BATCHES)]
    return Cost(
        latency_ms=1e3 * median(singles),
        batch_us=1e6 * median(batches) / sample.num_rows,
        megabytes=artifact.bytes / 1e6,
    )


def _spread(rows: int) -> range:
    """Return the places of up to ``_SINGLE_ROWS`` rows, evenly spread."""
    return range(0, rows, -(-rows // _SINGLE_ROWS))


def _seconds(model: Model, rows: pa.Table) -> float:
    start = perf_counter()
    model.predict(rows)
    return perf_counter() - start


def main() -> None:
    """Inspect the artifact that the command line names by folder and digest; exit code 1, and why, if it cannot."""
    uri, digest = sys.argv[1:]
    try:
        inspect_artifact(Artifact(uri, digest, 0))
    except PerennialError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
