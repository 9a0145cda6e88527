"""Tries the description of an agent on a sample of its log: what each line is recognised as, before it is saved."""

from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.settings import DescribedAgent
from desktop.formats import text
from desktop.formats.described_log import BadDescription, Sort, recognised, rules_of
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import CodeText
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import SMALL, TIGHT, Ink, Theme, Type

MOST_LINES = 500
_LINES_IN_VIEW = 12
_LONGEST_SHOWN = 160
_SETTLE_MS = 300
_INKS = {Sort.FAILED: "red", Sort.QUESTION: "red", Sort.WAITING: "red", Sort.DONE: "violet", Sort.WORKING: "blue"}


class LineTrial(QWidget):
    """A sample, line by line, as the description before it reads it."""

    sample_asked = Signal(str)  # the path of a file: show_sample is expected

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._described: DescribedAgent | None = None
        self._lines: tuple[bytes, ...] | None = None
        self._words = {
            Sort.WORKING: self.tr("works"),
            Sort.WAITING: self.tr("waits for approval"),
            Sort.QUESTION: self.tr("asks"),
            Sort.DONE: self.tr("turn is over"),
            Sort.FAILED: self.tr("failed"),
            None: self.tr("means nothing"),
        }
        title = WrapLabel(theme, Type.NAME, Ink.TEXT, self)
        title.setText(self.tr("Try it before you save it"))
        self._said = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._lines_view = CodeText(theme, _LINES_IN_VIEW, self)
        self._lines_view.setAccessibleName(self.tr("What each line is recognised as"))
        self._lines_view.hide()
        self._choose = AnswerButton(theme, self.tr("Try on a file…"), parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._choose)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(title)
        layout.addLayout(buttons)
        layout.addSpacing(TIGHT)
        layout.addWidget(self._said)
        layout.addWidget(self._lines_view)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self.forget()
        self._settle.timeout.connect(self._try)
        self._choose.clicked.connect(self._on_choose_clicked)
        theme.changed.connect(self._try)

    def show_description(self, described: DescribedAgent) -> None:
        """Try *described* once its typing has come to rest."""
        self._described = described
        if self._lines is not None:
            self._settle.start()

    def show_sample(self, sample: bytes, trouble: str) -> None:
        """Try on the lines of *sample*, or say why it cannot be read."""
        if trouble:
            self._say(trouble, Ink.RED)
            return
        self._lines = tuple(sample.split(b"\n")[: MOST_LINES + 1])
        if self._lines and not self._lines[-1]:
            self._lines = self._lines[:-1]
        self._lines = self._lines[:MOST_LINES]
        self._try()

    def forget(self) -> None:
        """Begin anew, with no sample."""
        self._settle.stop()
        self._lines = None
        self._lines_view.hide()
        said = self.tr("A log of it shows what each of its first {count} lines would be recognised as.")
        self._say(said.replace("{count}", str(MOST_LINES)), Ink.MUTED)

    def _say(self, said: str, ink: Ink) -> None:
        self._said.set_ink(ink)
        self._said.setText(text.clean(said, 600))

    @Slot()
    def _try(self) -> None:
        lines, described = self._lines, self._described
        if lines is None or described is None:
            return
        try:
            rules = rules_of(described)
        except BadDescription as why:
            self._say(str(why), Ink.RED)
            self._lines_view.hide()
            return
        found = [recognised(rules, line) for line in lines]
        counts = Counter(sort for sort, _ in found)
        known = [f"{counts[sort]} {self._words[sort]}" for sort in (*Sort, None) if counts[sort]]
        said = self.tr("1 line") if len(lines) == 1 else self.tr("{count} lines").replace("{count}", str(len(lines)))
        self._say(f"{said}: {', '.join(known)}" if known else self.tr("The file holds no line."), Ink.MUTED)
        self._lines_view.fill(self._pieces(lines, found))
        self._lines_view.setVisible(bool(lines))

    def _pieces(
        self, lines: tuple[bytes, ...], found: list[tuple[Sort | None, str]]
    ) -> Iterator[tuple[str, QTextCharFormat]]:
        muted, plain = QTextCharFormat(), QTextCharFormat()
        muted.setForeground(self._theme.colour("muted"))
        plain.setForeground(self._theme.colour("text"))
        inks = {sort: QTextCharFormat() for sort in Sort}
        for sort, ink in inks.items():
            ink.setForeground(self._theme.colour(_INKS[sort]))
        width = max(len(word) for word in self._words.values())
        for number, (line, (found_sort, shown)) in enumerate(zip(lines, found, strict=True), start=1):
            yield ("\n" if number > 1 else "") + f"{number:>3}  ", muted
            style = muted if found_sort is None else inks[found_sort]
            yield f"{self._words[found_sort]:<{width}}  ", style
            said = text.one_line(shown or text.decode(line[: _LONGEST_SHOWN * 4]), _LONGEST_SHOWN)
            yield said, muted if found_sort is None else plain

    @Slot()
    def _on_choose_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("A log of the agent"))
        if path:
            self.sample_asked.emit(path)
