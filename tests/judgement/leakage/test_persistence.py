from dataclasses import replace
from datetime import timedelta

import numpy as np

from tasks.judgement.leakage.audit import audit


def walk_case(loans, **features):
    """Predict the next step of a random walk."""
    data = loans("regression")
    path = np.cumsum(data.draw.normal(size=3001))
    data.labels = path[1:]
    return data.case(last=path[:-1], **{name: make(path) for name, make in features.items()})


def test_the_label_that_was_known_last_is_honest_however_well_it_predicts(loans) -> None:
    assert audit(walk_case(loans)).leaks == ()


def test_a_noisy_copy_of_the_label_itself_is_not_taken_for_an_earlier_one(loans) -> None:
    draw = np.random.default_rng(1)

    (leak,) = audit(walk_case(loans, peek=lambda path: path[1:] + 0.1 * draw.normal(size=3000))).leaks

    assert leak.column == "peek"


def test_an_earlier_label_that_had_not_arrived_by_then_is_a_leak(loans) -> None:
    late = replace(walk_case(loans), label_delay=timedelta(days=5))

    assert "last" in {leak.column for leak in audit(late).leaks}


def test_the_last_label_of_the_same_entity_is_honest(loans) -> None:
    data = loans("regression")
    shop, paths = np.arange(3000) % 30, np.cumsum(data.draw.normal(size=(101, 30)), axis=0)
    data.labels = paths[1:].ravel()
    case = data.case(last=paths[:-1].ravel(), beside={"shop": shop})

    assert audit(case).leaks == ()
