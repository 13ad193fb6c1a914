"""From rows to a fitted network."""

from dataclasses import replace
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray, Labelled
from tasks.errors import CandidateFailed
from tasks.learning.checkpoints import Fit, Keeper
from tasks.learning.importance import permutation_shares
from tasks.learning.network.inputs import Inputs, fit_reader
from tasks.learning.network.machine import prepare
from tasks.learning.network.model import Answers, Network
from tasks.learning.network.schedule import pace
from tasks.learning.network.shape import Parameters, Shape, join
from tasks.learning.problem import Problem
from tasks.spec import NetworkSpec

_QUICK_EPOCHS = 3


def fit(candidate: NetworkSpec, train: Labelled, validation: Labelled, problem: Problem) -> Network:
    """Return the network whose parameters were best on ``validation``; with ``warm_start`` those of the champion,
    learned on: it keeps its size, and the way in which it reads features and labels.
    """
    device = prepare(candidate)
    from tasks.learning.network.loop import learn
    from tasks.learning.network.run import Plan, Rows

    begun = _champion(candidate, train, problem) or _begin(candidate, train, problem)
    answers, reader = begun.answers, begun.reader
    inputs, judges = reader.read(train.matrix), _judges(train, validation, answers)
    plan = Plan(candidate, problem.task, begun.shape, device, problem.seed, pace(candidate, len(train)), begun.weights)
    facts = (plan, plan.begun, problem.target, metadata.version("torch"))
    parameters = learn(
        plan,
        Rows.on(device, inputs, _targets(train.labels, answers), train.weights),
        Rows.on(device, reader.read(judges.matrix), _targets(judges.labels, answers), judges.weights),
        Keeper(problem.checkpoints, Fit(train, validation, facts)),
        watch=problem.watch,
    )
    weights = join(parameters if candidate.warm_start else _with_unseen(parameters, inputs))
    network = replace(begun, weights=weights)
    return replace(network, shares=permutation_shares(network.predict, validation, problem))


def quick(candidate: NetworkSpec) -> NetworkSpec:
    """Return a candidate that costs a few epochs, by which windows are told apart."""
    return candidate.model_copy(update={"epochs": min(candidate.epochs or _QUICK_EPOCHS, _QUICK_EPOCHS)})


def _begin(candidate: NetworkSpec, train: Labelled, problem: Problem) -> Network:
    """Return a network that has learned nothing yet."""
    reader, answers = fit_reader(train.matrix), _answers(train, problem)
    shape = Shape(len(reader.columns), reader.levels, candidate.width, candidate.blocks, max(len(answers.classes), 1))
    return Network(answers, reader, shape, join(shape.draw(problem.seed)), {})


def _champion(candidate: NetworkSpec, train: Labelled, problem: Problem) -> Network | None:
    """Return the champion, if the candidate begins from it.

    Raises:
        CandidateFailed: train has a class that the champion does not know.
    """
    if candidate.warm_start is None:
        return None
    champion = problem.champion
    assert isinstance(champion, Network), "a candidate with warm_start is tried only beside such a champion"
    if problem.task == "multiclass" and (new := sorted({*train.labels.astype(int)} - {*champion.answers.classes})):
        names = ", ".join(str(problem.target.classes[code]) for code in new)
        raise CandidateFailed(f'kind = "network", warm_start: the champion knows no class {names}')
    return champion


def _answers(train: Labelled, problem: Problem) -> Answers:
    if problem.task == "regression":
        alike = train.labels.min() == train.labels.max()
        return Answers("regression", mean=float(train.labels.mean()), scale=1.0 if alike else float(train.labels.std()))
    if problem.task == "binary":
        return Answers("binary")
    return Answers("multiclass", tuple(np.unique(train.labels).astype(int).tolist()), problem.target.codes)


def _targets(labels: FloatArray, answers: Answers) -> npt.NDArray[Any]:
    """Return what the loss reads: 0 and 1, the output of the label's class, or labels with mean 0 and deviation 1."""
    if answers.task == "multiclass":
        return np.searchsorted(answers.classes, labels.astype(np.intp))
    return ((labels - answers.mean) / answers.scale).astype(np.float32)


def _judges(train: Labelled, validation: Labelled, answers: Answers) -> Labelled:
    """Return the rows of validation whose class train has, or else ``train``: others would have an infinite loss."""
    if answers.task != "multiclass":
        return validation
    known = np.flatnonzero(np.isin(validation.labels, answers.classes))
    weights = None if validation.weights is None else validation.weights[known]
    return Labelled(validation.matrix.rows(known), validation.labels[known], weights) if len(known) else train


def _with_unseen(parameters: Parameters, inputs: Inputs) -> Parameters:
    """Return the parameters, with the mean embedding of a category for those of its codes that train does not have.

    They have learned nothing: what is missing or new for the first time counts as the average of what is known.
    """
    embeddings = {}
    for nth, codes in enumerate(inputs.codes.T):
        known = parameters[f"embedding.{nth}"]
        counts = np.bincount(codes, minlength=len(known))[:, None]
        mean = (known.astype(np.float64) * counts).sum(axis=0) / counts.sum()
        embeddings[f"embedding.{nth}"] = np.where(counts, known, mean.astype(np.float32))
    return {**parameters, **embeddings}
