"""A page of the settings for a list of records: one card each, and a form to write one.

A record that cannot be used is refused beside the form, with the reason; what was typed stays until it is left.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.record import dataclass
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.record_card import RecordCard
from desktop.windows.record_form import Kind, Record, RecordForm
from desktop.windows.scrolling import scrolling
from desktop.windows.theme import LARGE, MEDIUM, SMALL, Button, Ink, Theme, Type


@dataclass(frozen=True, slots=True)
class Wording:
    """What a page calls its records, in whole phrases."""

    intro: str
    none: str
    add: str
    new: str
    title: str = ""


class RecordPage(QWidget):
    """Cards, or the form in their place."""

    records_changed = Signal(object)  # tuple of records
    offered = Signal(object, str)  # a record, and the name of the one it takes the place of; an answer is expected
    form_opened = Signal()
    form_left = Signal()

    def __init__(
        self,
        theme: Theme,
        kind: Kind,
        wording: Wording,
        parent: QWidget,
        *,
        above: QWidget | None = None,
        over: QWidget | None = None,
        under: QWidget | None = None,
    ) -> None:
        """*above* stands above the cards; *over* and *under* stand where the form begins and ends."""
        super().__init__(parent)
        self._theme = theme
        self._kind = kind
        self._wording = wording
        self._name = dataclasses.fields(kind)[0].name
        self._records: tuple[Record, ...] = ()
        self._commands: Mapping[str, str] = {}
        self._replaced = ""
        self._shown: list[RecordCard] = []
        self.form = RecordForm(theme, kind)
        self._above = above
        self._list = self._make_list(above)
        self._editor = self._make_editor(over, under)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._list)
        layout.addWidget(self._editor)
        self._editor.hide()
        self._add.clicked.connect(self._on_add_clicked)
        self._save.clicked.connect(self._on_save_clicked)
        self._cancel.clicked.connect(self._leave)
        self.form.changed.connect(self._on_form_changed)
        self._fill()
        beside = [] if over is None else [over]
        beyond = [] if under is None else under.findChildren(QWidget)
        stops = [*beside, *self.form.controls, *beyond, self._save, self._cancel]
        _chain([stop for stop in stops if stop.focusPolicy() & Qt.FocusPolicy.TabFocus])

    @property
    def is_editing(self) -> bool:
        """Whether the form is open."""
        return not self._editor.isHidden()

    def show_records(self, records: Sequence[Record], commands: Mapping[str, str] | None = None) -> None:
        """List *records*, each with its command where there is one; an open form stays as it is."""
        known = dict(commands or {})
        if tuple(records) != self._records or known != self._commands:
            self._records, self._commands = tuple(records), known
            self._fill()

    def answer_offer(self, record: Record, trouble: str) -> None:
        """Take what was offered into the list, or say why it cannot be."""
        if trouble:
            self._refuse(trouble)
            return
        if self._replaced:
            made = tuple(record if self._name_of(one) == self._replaced else one for one in self._records)
        else:
            made = (*self._records, record)
        self._leave()
        self._change(made)

    def show_in_form(self, record: Record) -> None:
        """Fill the open form in with *record*, an example."""
        self.form.show_record(record)
        self._refuse("")
        self.form.changed.emit()

    def order_tabs(self) -> None:
        """Let Tab visit what stands above the cards, the cards and the button under them as they are read."""
        above = self._above.findChildren(AnswerButton) if self._above is not None else []
        buttons = [button for card in self._shown for button in card.findChildren(AnswerButton)]
        _chain([*(button for button in above if not button.isHidden()), *buttons, self._add])

    def _make_list(self, above: QWidget | None) -> QWidget:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        if above is not None:
            column.addWidget(above)
            column.addSpacing(SMALL)
        if self._wording.title:
            title = WrapLabel(self._theme, Type.NAME, Ink.TEXT, body)
            title.setText(self._wording.title)
            column.addWidget(title)
        intro = WrapLabel(self._theme, Type.BODY, Ink.MUTED, body)
        intro.setText(self._wording.intro)
        column.addWidget(intro)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(MEDIUM)
        column.addLayout(self._cards)
        self._add = AnswerButton(self._theme, self._wording.add, parent=body)
        column.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._body = body
        return scrolling(body, self)

    def _make_editor(self, over: QWidget | None, under: QWidget | None) -> QWidget:
        editor = QWidget(self)
        body = QWidget(editor)
        self._title = WrapLabel(self._theme, Type.HEADLINE, Ink.TEXT, body)
        column = QVBoxLayout(body)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(self._title)
        if over is not None:
            column.addWidget(over, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.form)
        if under is not None:
            column.addWidget(under)
        column.addStretch(1)
        self._trouble = WrapLabel(self._theme, Type.BODY, Ink.RED, editor)
        self._trouble.hide()
        self._save = AnswerButton(self._theme, self.tr("Save"), kind=Button.PRIMARY, parent=editor)
        self._cancel = AnswerButton(self._theme, self.tr("Cancel"), parent=editor)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._save)
        buttons.addWidget(self._cancel)
        buttons.addStretch()
        foot = QVBoxLayout()
        foot.setContentsMargins(LARGE, SMALL, LARGE, MEDIUM)
        foot.setSpacing(SMALL)
        foot.addWidget(self._trouble)
        foot.addLayout(buttons)
        layout = QVBoxLayout(editor)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scrolling(body, editor), 1)
        layout.addLayout(foot)
        return editor

    def _fill(self) -> None:
        while (item := self._cards.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        self._shown = []
        for record in self._records:
            name = self._name_of(record)
            card = RecordCard(self._theme, name, self._said(record), self._body)
            if command := self._commands.get(name):
                card.show_command(command)
            card.edit_asked.connect(self._on_card_edit_asked)
            card.removed.connect(self._on_card_removed)
            self._cards.addWidget(card)
            card.show()
            self._shown.append(card)
        if not self._records:
            none = WrapLabel(self._theme, Type.BODY, Ink.MUTED, self._body)
            none.setText(self._wording.none)
            self._cards.addWidget(none)
            none.show()
        self.order_tabs()

    def _said(self, record: Record) -> str:
        """What *record* holds, a line for each field that says something."""
        lines = []
        for field in dataclasses.fields(self._kind)[1:]:
            value: Any = getattr(record, field.name)
            held = ", ".join(text.one_line(part, 80) for part in value) if isinstance(value, tuple) else str(value)
            if held:
                lines.append(f"{self.tr(str(field.metadata['label']))}: {text.one_line(held, 160)}")
        return "\n".join(lines)

    def _name_of(self, record: Record) -> str:
        return str(getattr(record, self._name))

    def _change(self, records: tuple[Record, ...]) -> None:
        self._records = records
        self._fill()
        self.records_changed.emit(records)

    def _open(self, record: Record, replaced: str) -> None:
        self._replaced = replaced
        self._title.setText(text.one_line(replaced, 60) if replaced else self._wording.new)
        self._refuse("")
        self.form.show_record(record)
        self._list.hide()
        self._editor.show()
        self.form.focus_first()
        self.form_opened.emit()

    def _refuse(self, trouble: str) -> None:
        self._trouble.setText(text.clean(trouble, 600))
        self._trouble.setVisible(bool(trouble))

    @Slot()
    def _leave(self) -> None:
        self._editor.hide()
        self._list.show()
        self._add.setFocus()
        self.form_left.emit()

    @Slot()
    def _on_add_clicked(self) -> None:
        self._open(self._kind(**{self._name: ""}), "")

    @Slot(str)
    def _on_card_edit_asked(self, name: str) -> None:
        found = next((record for record in self._records if self._name_of(record) == name), None)
        if found is not None:
            self._open(found, name)

    @Slot(str)
    def _on_card_removed(self, name: str) -> None:
        self._change(tuple(record for record in self._records if self._name_of(record) != name))

    @Slot()
    def _on_form_changed(self) -> None:
        self._refuse("")

    @Slot()
    def _on_save_clicked(self) -> None:
        record = self.form.record()
        name = self._name_of(record)
        others = [self._name_of(one) for one in self._records if self._name_of(one) != self._replaced]
        if not name:
            self._refuse(self.tr("It has no name. Give it one."))
        elif name in others:
            self._refuse(self.tr("Another one is called so. Give it its own name."))
        else:
            self.offered.emit(record, self._replaced)


def _chain(stops: Sequence[QWidget]) -> None:
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
