import json
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

import deployments
from tasks.errors import SpecError
from tasks.settings import Settings
from tasks.spec import ModelSpec, json_schema, load_spec, names, parse_duration, read_spec, write_duration

SHIPPED = Path(deployments.__file__).parent
TEXT = (SHIPPED / "flight_delay.toml").read_text()


def test_every_shipped_spec_loads() -> None:
    assert names(SHIPPED) == ["flight_delay", "flight_lateness", "flight_minutes"]
    assert {load_spec(name, SHIPPED).task for name in names(SHIPPED)} == {
        "binary",
        "multiclass",
        "regression",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metric =", "metrik =", 'f.toml: gate.metrik is not a key of [gate]; did you mean "metric"?'),
        ("[window]", "[windw]", 'f.toml: windw is not a key of a spec; did you mean "window"?'),
        ("seed = 7", "zzz = 7", "f.toml: zzz is not a key of a spec; allowed: candidates, contract, description, "),
        ("seed = 7", "seed = 1.5", "f.toml: seed: found 1.5; allowed: a whole number"),
        ("margin = 0.005", 'margin = "x"', "f.toml: gate.margin: found 'x'; allowed: a number of at least 0 in the metric's unit, or a share"),
        ("margin = 0.005", "margin = -1", "f.toml: gate.margin: found -1; allowed: a number of at least 0 in the metric's unit"),
        ("margin = 0.005", 'block = "hour"', "f.toml: gate.block: found 'hour'; allowed: a length of time such as"),
        ("margin = 0.005", 'modes = { slice = "off" }', 'f.toml: gate.modes.slice is not a key of [gate.modes]; did you mean "slices"?'),
        ("margin = 0.005", 'modes = { slices = "on" }', "f.toml: gate.modes.slices: found 'on'; allowed: 'enforce', 'warn' or 'off'"),
        ('owner = "operations"', "", "f.toml: owner is missing"),
        ('"1d"', '"1 day"', "f.toml: source.label_delay: found '1 day'; allowed: a length of time such as "),
        ('train = "all"', "train = []", "f.toml: window.train: found []; allowed: a length of time such as"),
        ('train = "all"', 'train = "all"\nhalf_life = ["x"]', "f.toml: window.half_life: found ['x']; allowed: a length"),
        ("[gate]", "[tuning]\npatience = 3\n[gate]", "f.toml: tuning: found '{}'; allowed: a budget: trials, minutes or money"),
        ('train = "all"', 'train = "x"', "f.toml: window.train: found 'x'; allowed: a length of time such as"),
        ('= "linear"', '= "liner"', "f.toml: candidates[0]: found {'kind': 'liner'}; allowed: kind = 'last_value', 'seasonal', 'linear', 'lightgbm', 'network', 'own', 'isolation_forest'"),
        ('= "linear"', '= "own"', "f.toml: candidates[0].estimator is missing"),
        ('= "linear"', '= "own"\nestimator = "Forest"', """candidates[0].estimator: found 'Forest'; allowed: a module and its class, such as "estimators.forest:Forest\""""),
        ('= "linear"', '= "own"\nestimator = "a:B"\nsince = 2024-01-01', "candidates[0].since: found '2024-01-01'; allowed: text, finite numbers, true, false, and lists"),
        ('= "linear"', '= "linear"\nclass_weight = "balanced"', "candidates[0].calibrate: found 'none'; allowed: with class_weight \"sigmoid\" or \"isotonic\": the weights make"),
        ('= "linear"', '= "linear"\nself_training = { threshold = 0.8 }', "candidates[0].calibrate: found 'none'; allowed: with self_training \"sigmoid\" or \"isotonic\": a model that is taught"),
        ('= "linear"', '= "linear"\ncalibrate = "sigmoid"\nself_training = { treshold = 0.8 }', 'candidates[0].self_training.treshold is not a key of [candidates[0].self_training]; did you mean "threshold"?'),
        ('= "linear"', '= "isolation_forest"', "candidates[0].kind: found 'isolation_forest'; allowed: a kind that learns labels; or task = \"anomaly\""),
        ('task = "binary"', 'task = "anomaly"', "candidates[0].kind: found 'linear'; allowed: with task anomaly isolation_forest, own; others learn from labels alone"),
        ('= "linear"', '= "linear"\npenalti = 3', 'candidates[0].penalti is not a key of [candidates[0]]; did you mean "penalty"?'),
        ('"binary"', '"binari"', "f.toml: task: found 'binari'; allowed: 'binary', 'multiclass', 'regression' or 'anomaly'"),
        ('metric = "roc_auc"', 'metric = "rmse"', "f.toml: gate.metric: found 'rmse'; allowed: a metric of task binary: roc_auc, "),
        ("America/New_York", "America/New York", "f.toml: features.timezone: found 'America/New York'; allowed: a time zone"),
        ("demo:flights", "postgresql://me:secret@h/db", "f.toml: source.uri: found (hidden); allowed: no password in a spec"),
        ("demo:flights", "sqlite:///x.db", "a database URL with either table or query, or files with neither"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_key_finding_and_what_is_allowed(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(SpecError) as caught:
        read_spec(tomllib.loads(TEXT.replace(old, new, 1)), "f.toml")

    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_misspelt_key_is_one_mistake_and_two_mistakes_are_two_lines() -> None:
    found = tomllib.loads(TEXT.replace("metric =", "metrik =", 1).replace("seed = 7", "seed = -1"))

    with pytest.raises(SpecError) as caught:
        read_spec(found, "f.toml")

    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_model_is_named_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(SpecError, match=r"no model 'retruns': .*retruns.toml does not exist; models here: returns"):
        load_spec("retruns", settings.specs)


def test_a_file_that_is_not_toml_says_where(settings: Settings) -> None:
    (settings.specs / "bad.toml").write_text("model = \n")

    with pytest.raises(SpecError, match=r"bad.toml: not a TOML file: Invalid value \(at line 1"):
        load_spec("bad", settings.specs)


def test_a_spec_must_bear_the_name_of_its_file(settings: Settings) -> None:
    (settings.specs / "other.toml").write_text((settings.specs / "returns.toml").read_text())

    with pytest.raises(SpecError, match=r'other.toml: model: found "returns"; allowed: the name of the file, "other"'):
        load_spec("other", settings.specs)


def test_the_digest_is_of_the_values_and_not_of_the_text() -> None:
    one = read_spec(tomllib.loads(TEXT), "f.toml")

    assert one.digest == read_spec(tomllib.loads("# remark\n" + TEXT), "g.toml").digest
    assert one.digest != read_spec(tomllib.loads(TEXT.replace("seed = 7", "seed = 8")), "f.toml").digest


def test_a_spec_cannot_be_changed(spec: ModelSpec) -> None:
    with pytest.raises(ValueError, match="frozen"):
        spec.seed = 2  # type: ignore[misc]


@pytest.mark.parametrize("text", ["90min", "12h", "30d"])
def test_a_length_of_time_is_written_as_it_is_read(text: str) -> None:
    assert write_duration(parse_duration(text)) == text


def test_weeks_are_seven_days() -> None:
    assert parse_duration("2w") == timedelta(days=14)


def test_the_published_schema_is_the_spec_s() -> None:
    published = json.loads((SHIPPED / "spec.schema.json").read_text())

    assert published == json_schema(), "run `make schema`"


def test_a_regression_has_no_probabilities_to_set_right() -> None:
    text = (
        (SHIPPED / "flight_minutes.toml")
        .read_text()
        .replace('kind = "linear"', 'kind = "linear"\ncalibrate = "sigmoid"')
    )

    with pytest.raises(
        SpecError,
        match=r"candidates\[0\].calibrate: found 'sigmoid'; allowed: none with task regression: it has no probab",
    ):
        read_spec(tomllib.loads(text), "f.toml")
