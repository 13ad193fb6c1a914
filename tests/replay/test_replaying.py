"""A whole replay, as the command asks for it; and what is shown of it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deployments.replay_answers import read_asked
from tasks.errors import NotEnoughData, SettingsError
from tasks.replay import page, tables, wording
from tasks.replay.answering import Answer, answer
from tasks.replay.opening import Asked, open_replay
from tasks.replay.walking import begin, walk_all

END = datetime(2024, 4, 1, tzinfo=UTC)


def replayed(**asked: object) -> Answer:
    whole = {"end": END, "step": timedelta(days=12), "policies": ("biweekly", "live"), **asked}
    with open_replay("returns", Asked(**whole)) as replay:  # type: ignore[arg-type]
        return answer(replay, walk_all(replay, *begin(replay)))


@pytest.mark.usefixtures("history", "in_process")
def test_a_replay_answers_with_a_table_a_page_and_a_recommendation() -> None:
    found = replayed()

    assert [account.name for account in found.accounts] == ["never", "biweekly", "live", "always"]
    assert found.advice.policy in ("never", "always", "biweekly")
    assert {account.rows for account in found.accounts} == {found.accounts[0].rows}
    table = tables.policies(found)
    assert {row[0] for row in table.rows} == {account.name for account in found.accounts}
    html = page.page(found)
    assert wording.headline(found) in html.replace("&#34;", '"').replace("&#39;", "'")
    assert not re.search(r'(src|href)="http', html)
    assert html.count("<svg") >= 2
    assert page.page(found) == html
    lines = list(wording.lines(found))
    assert lines[1].startswith("  replayed     2024-02-12 to ")
    assert "a loss has no price" in lines[-1]


@pytest.mark.usefixtures("history", "in_process")
def test_prices_are_counted_and_decide() -> None:
    found = replayed(costs=("training=1000,loss=1",))

    assert found.advice.policy == "live"  # it waits for drift: where there is none it costs what never does
    costs = {account.name: account.total(found.prices) for account in found.accounts}
    assert min(costs, key=lambda name: costs[name]) == "never"
    assert found.accounts[0].regret == 0
    assert all(account.regret > 0 for account in found.accounts if account.walk.trainings)
    assert "in all" in tables.policies(found).head


@pytest.mark.usefixtures("history", "in_process")
def test_what_cannot_be_asked_for_is_refused_in_a_line() -> None:
    with pytest.raises(SettingsError, match=r"--loss: found 'roc_auc'; allowed: of roc_auc.*means over rows"):
        replayed(metric="roc_auc")
    with pytest.raises(NotEnoughData, match="at least 4 are needed"):
        replayed(step=timedelta(days=30))


@pytest.mark.usefixtures("in_process")
def test_a_history_in_which_no_first_model_passes_is_told_with_the_gate_s_reason(history: Path) -> None:
    text = (history / "deployments" / "returns.toml").read_text()
    (history / "deployments" / "returns.toml").write_text(text + "floors = { roc_auc = 0.999 }\n")

    with pytest.raises(NotEnoughData, match=r"no first model passed the gate; the last time: Refused: .*floor"):
        replayed()


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("every", "0d", "--every: found '0d'; allowed: more than no time at all"),
        ("every", "soon", "--every: found 'soon'; allowed: a length of time"),
        ("approval_delay", "2", "--approval-delay: found '2'; allowed: a length of time"),
        ("policies", ",", "--policies: found ','; allowed: names such as never"),
        ("start", "noon", "from: found 'noon'; allowed: a date or time"),
    ],
)
def test_an_option_that_cannot_be_read_is_refused_by_its_name(option: str, text: str, said: str) -> None:
    given = dict.fromkeys(("start", "end", "every", "policies", "costs", "loss", "approval_delay"))

    with pytest.raises(SettingsError, match=f"^{said}"):
        read_asked(**{**given, option: text}, fast=False)
