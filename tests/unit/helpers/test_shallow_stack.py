"""There is little stack, and then there is enough."""

from tests.helpers.shallow_stack import SPARE_FRAMES, with_little_stack


def needs(frames: int) -> int:
    return 0 if frames == 0 else 1 + needs(frames - 1)


def test_only_what_needs_few_frames_comes_back() -> None:
    all_came = list(with_little_stack(lambda: needs(1)))
    some_came = list(with_little_stack(lambda: needs(50)))

    assert 0 < len(some_came) < len(all_came) <= len(SPARE_FRAMES)
