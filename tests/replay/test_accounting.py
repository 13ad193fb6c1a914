import pytest

from tasks.metrics import Tolerance, find_metric
from tasks.replay.accounting import accounting_margin, accounting_metric
from tasks.spec import ModelSpec


@pytest.mark.parametrize(("asked", "found"), [(None, "log_loss"), ("brier", "brier")])
def test_losses_are_counted_in_what_adds_up(spec: ModelSpec, asked: str | None, found: str) -> None:
    assert accounting_metric(spec, asked).name == found


@pytest.mark.parametrize("asked", ["roc_auc", "mae", "nonsense"])
def test_what_does_not_add_up_or_is_of_another_task_is_no_loss(spec: ModelSpec, asked: str) -> None:
    with pytest.raises(KeyError):
        accounting_metric(spec, asked)


@pytest.mark.parametrize(
    ("margin", "metric", "found"),
    [
        (None, "log_loss", 0.005),
        (Tolerance(0.002), "log_loss", 0.002),
        (Tolerance(0.025), "log_loss", 0.005),  # so wide a one tells of a small holdout
        (Tolerance(0.01, relative=True), "log_loss", 0.003),
        (Tolerance(0.002), "brier", 0.001),  # in another unit
        (None, "mae", 0.003),
    ],
)
def test_the_margin_is_the_gates_and_at_most_the_usual_one(
    spec: ModelSpec, margin: Tolerance | None, metric: str, found: float
) -> None:
    judged = spec.gate.model_copy(update={"metric": "log_loss", "margin": margin})

    size = accounting_margin(spec.model_copy(update={"gate": judged}), find_metric(metric), 0.3)

    assert size == pytest.approx(found)
