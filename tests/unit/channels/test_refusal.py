from desktop.channels.refusal import Refused


def test_a_refusal_reads_as_its_sentence() -> None:
    assert str(Refused("The pane is gone.")) == "The pane is gone."
