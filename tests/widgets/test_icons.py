"""The few line icons."""

import pytest
from PySide6.QtGui import QColor

from desktop.windows.icons import IconName, icon


@pytest.mark.parametrize("name", list(IconName))
def test_an_icon_is_drawn_in_the_ink_asked_for_and_is_sharp_at_two_dots(name: IconName, qapp: object) -> None:
    image = icon(name, "#FF0000").pixmap(16, 16).toImage()

    drawn = [image.pixelColor(x, y) for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 250]
    assert drawn
    assert all(abs(colour.red() - QColor("#FF0000").red()) < 4 and colour.green() < 4 for colour in drawn)
    assert any(size.width() == 32 for size in icon(name, "#FF0000").availableSizes())


def test_no_two_icons_are_alike(qapp: object) -> None:
    images = [icon(name, "#000000").pixmap(16, 16).toImage() for name in IconName]

    assert all(one != other for number, one in enumerate(images) for other in images[:number])
