"""A story that has begun: a session that has been there for a while, and rests."""

import pytest

from tests.helpers.story import Story


@pytest.fixture
def story() -> Story:
    told = Story()
    told.waits(10)
    told.session_starts()
    told.waits(10)
    return told
