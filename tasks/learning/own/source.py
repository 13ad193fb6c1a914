"""Where a user's own estimators are found, and whether their files will do: asked before anything is trained."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from tasks.data.code import PROJECT, Source, imported, run
from tasks.errors import SpecError
from tasks.spec import ModelSpec, OwnSpec

METHODS = ("fit", "predict", "save", "load")
_PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}


def read_sources(spec: ModelSpec, project: Path) -> dict[str, Source]:
    """Return the file of every estimator of the user's own that ``spec`` names, by module.

    Raises:
        SpecError: a file is not there, does not stand alone, cannot be run, or has no such class; or the class lacks a
            method, or does not take the parameters that the spec gives.
    """
    found: dict[str, Source] = {}
    for position, candidate in enumerate(spec.candidates):
        if isinstance(candidate, OwnSpec):
            try:
                found.setdefault(candidate.module, _find(candidate.module, project))
                _check(candidate, found[candidate.module], project)
            except SpecError as error:
                raise SpecError(f"deployments/{spec.model}.toml: candidates[{position}]: {error}") from None
    return found


def load_class(estimator: str, source: Source) -> type:
    """Return the class that ``estimator``, written ``module:Class``, names in its file."""
    try:
        module = run(source, "own")
    except Exception as error:
        raise SpecError(f"{source.file}: cannot be run: {type(error).__name__}: {error}") from error
    name = estimator.split(":")[1]
    found = getattr(module, name, None)
    if not isinstance(found, type):
        own = [
            n for n, thing in vars(module).items() if isinstance(thing, type) and thing.__module__ == module.__name__
        ]
        raise SpecError(f"{source.file}: has no class {name}; its classes: {', '.join(own) or 'none'}")
    if lacking := [method for method in METHODS if not callable(getattr(found, method, None))]:
        raise SpecError(f"{source.file}: {name} lacks {', '.join(lacking)}; needed: {', '.join(METHODS)}")
    return found


def _find(module: str, project: Path) -> Source:
    """Return the one file that ``module`` is: of the project's folder, or else of Python's path. Nothing is run."""
    for root in (project, *map(Path, sys.path)):
        place = root.joinpath(*module.split("."))
        if place.with_suffix(".py").is_file():
            return _read(place.with_suffix(".py"))
        if (place / "__init__.py").is_file():
            raise SpecError(f"estimator: {module} is a folder, {place}; allowed: a single file, which a model carries")
    raise SpecError(
        f"estimator: found no file {module.replace('.', '/')}.py, neither in {project} nor on Python's path"
    )


def _read(file: Path) -> Source:
    try:
        return Source(str(file), file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{file}: cannot be read: {error}") from None


def _check(candidate: OwnSpec, source: Source, project: Path) -> None:
    for name in imported(source):
        if name.split(".")[0] in {*PROJECT, candidate.module.split(".")[0]} | set(_beside(source, project)):
            raise SpecError(
                f"{source.file}: imports {name}; an estimator is one file, which its models carry with them"
            )
        if name.split(".")[0] in _PICKLES:
            raise SpecError(
                f"{source.file}: imports {name}; loading a model must not execute pickles: save text or arrays"
            )
    found = load_class(candidate.estimator, source)
    try:
        inspect.signature(found).bind(**candidate.parameters)
    except TypeError as error:
        raise SpecError(f"{source.file}: {found.__name__} cannot be made with what the spec gives: {error}") from None


def _beside(source: Source, project: Path) -> Iterator[str]:
    """Yield what else the project's folder could be imported from, for a file that lies in it."""
    if project in Path(source.file).parents:
        yield from (path.stem for path in project.iterdir() if path.suffix == ".py" or path.is_dir())
