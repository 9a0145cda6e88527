from desktop.domain.notices import Urgency


def test_urgencies_are_the_bytes_of_the_specification() -> None:
    assert [int(urgency) for urgency in Urgency] == [0, 1, 2]
