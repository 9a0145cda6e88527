from dataclasses import replace

from desktop.domain.requests import Reach
from tests.helpers.story import permission


def test_only_a_verified_request_on_an_open_hook_can_be_answered_here() -> None:
    asked = permission()

    assert asked.is_answerable
    assert not replace(asked, is_verified=False).is_answerable
    assert not replace(asked, reach=Reach.TERMINAL).is_answerable
