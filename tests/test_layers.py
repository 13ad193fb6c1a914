"""The house holds: imports point one way, heavy libraries have one door, importing does nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["data_contracts", "tasks", "flows", "deployments"]
GROUND = {"database", "errors", "logins", "markdown", "metrics", "plain", "price", "settings", "spec", "up"}
ROOMS = {
    "data": 0,
    "learning": 1,
    "judgement": 1,
    "drafting": 2,
    "release": 2,
    "monitoring": 3,
    "evolution": 4,
    "news": 4,
    "replay": 4,
    "announcement": 5,
    "steps": 6,
}
DOORS = {
    "prefect": {
        "tasks/steps",
        "tasks/announcement.py",
        "flows",
        "deployments",
    },
    "mlflow": {
        "tasks/release/registry.py",
        "tasks/release/champion_alias.py",
        "tasks/release/signature.py",
        "tasks/release/pyfunc_model.py",
    },
    "lightgbm": {"tasks/learning/gbm", "tasks/release/registrar_process.py"},
    "torch": {"tasks/learning/network"},
    "evidently": {"tasks/monitoring/report.py"},
    "optuna": {"tasks/learning/sampler.py"},
    "matplotlib": {
        "tasks/drafting/drawings.py",
        "tasks/judgement/canvas.py",
        "tasks/judgement/confusion_drawing.py",
        "tasks/judgement/dependence_drawings.py",
        "tasks/judgement/drawings.py",
        "tasks/judgement/intervals.py",
        "tasks/judgement/search_drawings.py",
        "tasks/replay/drawings.py",
    },
    "sqlalchemy": {"tasks/data/sql.py", "tasks/release/ledger"},
    "alembic": {"tasks/release/ledger"},
    "os.environ": {"tasks/settings.py", "tasks/environment.py"},
    "pyarrow.fs": {"tasks/data/objects.py"},
}
FILES = sorted(p.relative_to(ROOT).as_posix() for layer in LAYERS for p in (ROOT / layer).rglob("*.py"))


def imports(file: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield from (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "os" else [node.module or ""]
            )
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
            yield "os.environ"


@pytest.mark.parametrize("file", FILES)
def test_imports_point_one_way(file: str) -> None:
    layer = LAYERS.index(file.split("/")[0])
    above = [name for name in imports(file) if name.split(".")[0] in LAYERS[layer + 1 :]]

    assert not above, f"{file} imports {above}, which stands above it"
    if file.startswith("data_contracts/"):
        own = [name for name in imports(file) if name.split(".")[0] in LAYERS]
        assert not own, f"{file} imports {own}; a contract imports nothing of ours"


def room(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize("file", [f for f in FILES if f.startswith("tasks/")])
def test_the_rooms_of_tasks_stand_on_floors(file: str) -> None:
    here = Path(file).with_suffix("").parts[1]
    for name in imports(file):
        there = room(name) if name.startswith("tasks.") else ""
        if here in GROUND:
            assert there in ("", "data", *GROUND), f"{file} is ground floor and imports {name}"
        elif there in ROOMS and here in ROOMS and here != there:
            assert ROOMS[there] < ROOMS[here], f"{file} imports {name}, which is not on a lower floor"


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_library_has_one_door(library: str) -> None:
    users = {file for file in FILES for name in imports(file) if name == library or name.startswith(library + ".")}
    strangers = {file for file in users if not any(file == d or file.startswith(d + "/") for d in DOORS[library])}

    assert not strangers, f"{library} is imported by {strangers}; its door is {DOORS[library]}"


def test_importing_is_light_and_does_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import deployments.cli, tasks.settings, tasks.errors; "
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'prefect', 'mlflow', 'lightgbm', 'sklearn') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert found.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []
