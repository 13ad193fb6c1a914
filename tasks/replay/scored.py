"""What a model says of the rows of one step, whether or not it was in use, and what came of them."""

import numpy as np

from tasks.data.keys import row_keys
from tasks.data.snapshot import load_snapshot
from tasks.data.window import Window
from tasks.monitoring.predictions.log import event_times
from tasks.release.artifact import load_artifact
from tasks.replay.episodes import ServedStep
from tasks.replay.scene import Scene
from tasks.replay.shared import eligible_rows, final_labels
from tasks.replay.trainings import Made


def scored(scene: Scene, made: Made, window: Window) -> ServedStep:
    """Return the labelled rows of ``window`` with what ``made`` predicts for them."""
    assert made.challenger is not None
    artifact, classes = made.challenger.artifact, made.challenger.classes
    table = load_snapshot(eligible_rows(scene, window).rows)
    labels = final_labels(scene, window, classes).of(row_keys(table, scene.spec.source.key))
    known = ~np.isnan(labels)
    predictions = load_artifact(artifact.uri, artifact.digest).predict(table)[known]
    times = event_times(table, scene.spec.source.timestamp)[known]
    return ServedStep(times, labels[known], predictions, tuple(str(name) for name in classes))
