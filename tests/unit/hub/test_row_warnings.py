"""A row says what is to be feared of what its session asks."""

from dataclasses import replace

from desktop.domain.events import RequestClosed, RequestOpened
from desktop.domain.ids import RequestId
from tests.helpers.story import SESSION, Story, permission


def warnings(story: Story) -> tuple[str, ...]:
    row = story.hub.board(story.now).row(SESSION)
    assert row is not None
    return row.warnings


def test_a_row_warns_of_its_first_request_until_that_is_closed() -> None:
    story = Story()
    story.session_starts()
    assert warnings(story) == ()

    story.sees(RequestOpened(permission("r1", 1.0, text="sudo rm -r build")))
    story.sees(RequestOpened(permission("r2", 2.0, text="ls", subagent_id="a1")))
    assert warnings(story) == ("deletes recursively", "takes privilege")

    story.sees(RequestClosed(SESSION, RequestId("r1"), story.now, "answered in the terminal"))
    assert warnings(story) == ()


def test_a_row_warns_of_a_file_outside_the_directory_of_the_session() -> None:
    story = Story()
    story.session_starts()

    story.sees(RequestOpened(replace(permission("r1", 1.0, text="/etc/motd\n\nhello"), writes=("/etc/motd",))))

    assert warnings(story) == ("writes outside the session's directory",)
