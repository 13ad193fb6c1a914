from collections.abc import Callable
from functools import partial

import pytest

from tasks.errors import SpecError
from tasks.spec import ModelSpec

Read = Callable[[str], ModelSpec]


@pytest.fixture
def read(spec_with: Callable[[str, str], ModelSpec]) -> Read:
    return partial(spec_with, "notify")


def test_blocks_are_named_by_type_and_name_and_are_no_part_of_the_digest(read: Read) -> None:
    spec = read('page = "slack-webhook/oncall"\nticket = "custom-webhook/tickets"')

    assert (spec.notify.page, spec.notify.ticket) == ("slack-webhook/oncall", "custom-webhook/tickets")
    assert spec.digest == read("").digest


@pytest.mark.parametrize("found", ["oncall", "slack-webhook/", "Slack/oncall", "https://hooks.slack.com/services/T0/B0/x"])  # fmt: skip
def test_what_is_no_block_is_refused_and_no_address_is_repeated(read: Read, found: str) -> None:
    with pytest.raises(SpecError) as refused:
        read(f'page = "{found}"')

    assert str(refused.value).startswith("f.toml: notify.page: found (hidden); allowed: a block of Prefect")
    assert "services" not in str(refused.value)


def test_a_misspelt_key_is_refused_with_the_nearest(read: Read) -> None:
    with pytest.raises(SpecError, match=r'notify.pages is not a key of \[notify\]; did you mean "page"'):
        read('pages = "slack-webhook/oncall"')
