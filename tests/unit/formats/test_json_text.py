import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.formats import json_text
from desktop.formats.json_text import Value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
STYLES = st.sampled_from([None, 2, 4, "\t"])


def plain(text: str, value: Value) -> object:
    if value.members is not None:
        return {key: plain(text, each) for key, _, each in value.members}
    if value.items is not None:
        return [plain(text, each) for each in value.items]
    return value.data


@given(VALUES, STYLES)
def test_it_reads_what_json_reads(data: object, style: int | str | None) -> None:
    text = json.dumps(data, indent=style)

    assert plain(text, json_text.parse(text)) == data


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), STYLES, VALUES)
def test_what_is_appended_is_all_that_changes_and_can_be_removed(
    data: dict[str, object], style: int | str | None, added: object
) -> None:
    data.pop("ours", None)
    text = json.dumps(data, indent=style) + "\n"

    longer = json_text.append(text, json_text.parse(text), added, "ours")

    assert json.loads(longer) == data | {"ours": added}
    root = json_text.parse(longer)
    assert json_text.remove(longer, root, len(data)) == text


@given(st.lists(VALUES, max_size=4), STYLES, VALUES)
def test_an_array_takes_an_item_at_its_end(data: list[object], style: int | str | None, added: object) -> None:
    text = json.dumps(data, indent=style)

    longer = json_text.append(text, json_text.parse(text), added)

    assert json.loads(longer) == [*data, added]
    assert json_text.remove(longer, json_text.parse(longer), len(data)) == text


@given(st.lists(VALUES, min_size=1, max_size=4), STYLES, st.data())
def test_any_item_can_be_removed(data: list[object], style: int | str | None, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    text = json.dumps(data, indent=style)

    assert json.loads(json_text.remove(text, json_text.parse(text), index)) == data[:index] + data[index + 1 :]


def test_odd_spacing_numbers_and_escapes_are_left_alone() -> None:
    text = '{ "a" :1.50,\t"b":["\\u00e9" , 1e5],\n\n "c":{}}'

    longer = json_text.append(text, json_text.parse(text), 1, "d")

    assert longer == '{ "a" :1.50,\t"b":["\\u00e9" , 1e5],\n\n "c":{}, "d": 1}'


def test_lines_end_as_the_others_do() -> None:
    text = '{\r\n    "a": 1\r\n}\r\n'

    assert json_text.append(text, json_text.parse(text), [2], "b") == (
        '{\r\n    "a": 1,\r\n    "b": [\r\n        2\r\n    ]\r\n}\r\n'
    )


@pytest.mark.parametrize("text", ["", "{", '{"a":1,}', "{'a':1}", "// note\n{}", "[1 2]", "\ufeff{}"])
def test_what_is_no_json_raises_with_a_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|BOM"):
        json_text.parse(text)


def test_a_deep_nest_is_refused() -> None:
    with pytest.raises((ValueError, RecursionError)):
        json_text.parse("[" * 500 + "]" * 500)


def test_a_member_is_found_by_its_key_and_means_what_it_says() -> None:
    text = '{"a": {"b": [1, null]}}'
    root = json_text.parse(text)

    found = root.member("a")

    assert found is not None
    assert json_text.data_of(text, found) == {"b": [1, None]}
    assert root.member("b") is None
    assert Value(0, 1).member("a") is None


def test_lines_are_counted_from_one() -> None:
    assert [json_text.line_of("a\nb\nc", position) for position in (0, 2, 4)] == [1, 2, 3]
