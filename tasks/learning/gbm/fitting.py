"""How LightGBM grows trees: on which terms, from which, and up to which round."""

import re
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from tasks.data.matrix import Labelled
from tasks.learning.checkpoints import Fit, Keeper
from tasks.learning.gbm.growth import Growth
from tasks.learning.gbm.model import Trees
from tasks.learning.gbm.rows import binned, dataset
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

if TYPE_CHECKING:
    import lightgbm as lgb
    from lightgbm.callback import CallbackEnv

_OBJECTIVES: dict[str, dict[str, Any]] = {
    # Rounds are stopped by the loss that is learned, whatever metric the gate asks for: it sees every row's
    # probability, so it is steadier from round to round than a rank or a threshold.
    "binary": {"objective": "binary", "metric": "binary_logloss"},
    "multiclass": {"objective": "multiclass", "metric": "multi_logloss"},
    "regression": {"objective": "regression", "metric": "l2"},
}
_ABSOLUTE = {"objective": "regression_l1", "metric": "l1"}


def fit(candidate: LightGBMSpec, train: Labelled, validation: Labelled, problem: Problem) -> Trees:
    """Return the trees up to the round that was best on ``validation``; with ``warm_start``, those of the champion
    and more, or those of the champion with new leaves.
    """
    import lightgbm as lgb

    parameters = _parameters(candidate, problem)
    champion = _champion(candidate, problem)
    if champion and candidate.warm_start == "refit":
        return _releaved(candidate, champion, train, parameters)
    growth = Growth(candidate, _keeper(candidate, train, validation, problem))
    begun = lgb.Booster(model_str=growth.trees) if growth.trees else champion
    rows = binned(train, parameters, keep=True) if begun else dataset(train, parameters)
    booster = lgb.train(
        parameters,
        rows,
        num_boost_round=candidate.rounds - growth.begun,
        valid_sets=[rows.create_valid(validation.matrix.values, validation.labels, weight=validation.weights)],
        init_model=begun,
        callbacks=[growth, *_watching(problem)],
    )
    own = max(growth.stopping.best, 0) + 1
    return _trees(candidate, booster, train, own + (champion.current_iteration() if champion else 0))


def _champion(candidate: LightGBMSpec, problem: Problem) -> "lgb.Booster | None":
    """Return the champion's trees, if the candidate begins from them."""
    if candidate.warm_start is None:
        return None
    assert isinstance(problem.champion, Trees), "a candidate with warm_start is tried only beside such a champion"
    return problem.champion.booster


def _releaved(candidate: LightGBMSpec, champion: "lgb.Booster", rows: Labelled, parameters: dict[str, Any]) -> Trees:
    """Return the champion's trees, whose leaves say nine tenths of what they did and a tenth of what ``rows`` say."""
    renewed = champion.refit(rows.matrix.values, rows.labels, decay_rate=0.9, weight=rows.weights, **parameters)
    return _trees(candidate, renewed, rows, renewed.current_iteration())


def _watching(problem: Problem) -> list[Callable[["CallbackEnv"], None]]:
    """Return what tells ``problem.watch`` of each round."""
    if (watch := problem.watch) is None:
        return []
    return [lambda env: watch(env.iteration + 1, float(env.evaluation_result_list[0][2]))]


def quick(candidate: LightGBMSpec) -> LightGBMSpec:
    """Return a candidate that costs about a fifth, by which windows are told apart: fewer rounds, larger steps."""
    fewer = {name: max(1, getattr(candidate, name) // 5) for name in ("rounds", "patience")}
    return candidate.model_copy(update={**fewer, "learning_rate": min(1.0, 5 * candidate.learning_rate)})


def again(candidate: LightGBMSpec, fitted: Trees, rows: Labelled, problem: Problem) -> Trees:
    """Return trees fitted on ``rows`` with as many rounds as ``fitted`` has."""
    import lightgbm as lgb

    parameters = _parameters(candidate, problem)
    booster = lgb.train(parameters, dataset(rows, parameters), num_boost_round=fitted.rounds)
    return _trees(candidate, booster, rows, fitted.rounds)


def _trees(candidate: LightGBMSpec, booster: "lgb.Booster", rows: Labelled, rounds: int) -> Trees:
    return Trees(rows.matrix.names, _settled(booster.model_to_string(num_iteration=rounds), candidate))


def _parameters(candidate: LightGBMSpec, problem: Problem) -> dict[str, Any]:
    classes = {"num_class": problem.target.codes} if problem.task == "multiclass" else {}
    return {
        **(_ABSOLUTE if candidate.loss == "absolute" else _OBJECTIVES[problem.task]),
        **classes,
        "learning_rate": candidate.learning_rate,
        "num_leaves": candidate.leaves,
        "min_data_in_leaf": candidate.min_leaf_rows,
        "feature_fraction": candidate.feature_share,
        "lambda_l2": candidate.l2,
        "seed": problem.seed,
        "num_threads": problem.threads,
        "deterministic": True,
        "feature_pre_filter": False,  # it depends on min_data_in_leaf, and one form of the rows serves all candidates
        "force_row_wise": True,  # left to choose, LightGBM times both ways: another run may choose otherwise
        "verbosity": -1,
    }


def _keeper(candidate: LightGBMSpec, train: Labelled, validation: Labelled, problem: Problem) -> Keeper:
    """Return the checkpoints of this fit; none where features are drawn: LightGBM cannot say where its draws stand."""
    facts = (candidate, problem.task, problem.target, problem.seed, metadata.version("lightgbm"), problem.champion)
    return Keeper(problem.checkpoints if candidate.feature_share == 1 else None, Fit(train, validation, facts))


def _settled(text: str, candidate: LightGBMSpec) -> str:
    """Return the model's text without what depends on the machine, or on where a killed fit went on.

    That is the number of threads and that of rounds to go. The trees depend on neither, so the same rows, spec and
    seed have the same digest everywhere.
    """
    text = re.sub(r"^\[num_threads: \d+\]$", "[num_threads: 0]", text, flags=re.MULTILINE)
    return re.sub(r"^\[num_iterations: \d+\]$", f"[num_iterations: {candidate.rounds}]", text, flags=re.MULTILINE)
