"""The example of a described agent."""

from desktop.app.described_example import example
from desktop.formats.described_log import Sort, recognised, rules_of


def test_it_reads_every_sort_of_line_in_its_own_log() -> None:
    described, sample = example()
    rules = rules_of(described)

    found = {recognised(rules, line)[0] for line in sample.splitlines()}

    assert found == {*Sort, None}


def test_it_shows_the_text_of_a_line() -> None:
    described, sample = example()

    texts = [recognised(rules_of(described), line)[1] for line in sample.splitlines()]

    assert "pytest -q tests/refunds" in texts
