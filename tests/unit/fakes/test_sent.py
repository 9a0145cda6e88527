"""The journal of a scripted model keeps what is true."""

from tests.fakes.sent import Journal


def test_an_answer_is_not_over_while_it_is_sent() -> None:
    journal = Journal()

    with journal.sending("slow", ["words"], "hello") as sent:
        assert sent.ended_at is None

    (told,) = journal.told()
    assert told["ended_at"] is not None
    assert (told["step"], told["heard"], told["is_cut"]) == ("slow", "hello", False)


def test_an_agent_that_hangs_up_cuts_the_answer_off() -> None:
    journal = Journal()

    with journal.sending("slow", ["words"]) as sent:
        raise BrokenPipeError

    assert sent.is_cut
