"""Builds the parts of the tray program and connects them. No rule lives here."""

import logging
from datetime import timedelta

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app import clock, connection
from desktop.app.answers import intent_of
from desktop.app.beginning import Beginning
from desktop.app.courier import Courier
from desktop.app.lock_watch import LockWatch
from desktop.app.performer import Performer
from desktop.app.starter import Starter
from desktop.app.surfaces import Surfaces
from desktop.domain.events import Event, EvidenceGiven, HealthReported, ProcessEnded, SessionDescribed, SessionEnded
from desktop.domain.ids import SessionId
from desktop.domain.notices import Act, NoticeActed
from desktop.domain.replies import Intent, MarkSeen
from desktop.domain.settings import Settings
from desktop.formats import words
from desktop.formats.resources import resource_path
from desktop.hub.effects import Effect
from desktop.notifications.choose import Candidate, ChosenNotifier, candidates
from desktop.storage import paths
from desktop.storage.hook_setup import Plan, SetupError
from desktop.storage.ledger import Ledger
from desktop.tray.icon import Tray
from desktop.watchers.repository import Located

log = logging.getLogger(__name__)

# Ten pictures a second are as many as anybody reads; news in between is drawn together.
REDRAW_MS = 100
STOP_WITHIN_S = 1.0
"""For each worker thread: all of them together end within what a session manager grants."""


class Program(QObject):
    """The running tray."""

    _redraw_asked = Signal()

    def __init__(
        self, begun: Beginning, platform: str, tray: Tray | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._begun = begun
        self._agents = begun.agents
        self._inbox = begun.inbox
        self._inbox.setParent(self)  # what comes when we are gone reaches nobody
        self._preferences = begun.preferences
        self._hub = begun.hub
        self._scribe = begun.scribe
        self._front = begun.front
        self._hooks = begun.hooks
        self._sight = begun.sight
        self._platform = platform
        by_kind = {agent.kind: agent for agent in self._agents}
        settings = self._preferences.settings
        sink = self._inbox.put
        self._courier = Courier(sink)
        self._notifier = ChosenNotifier(self._backends(settings), self)
        self._servers = begun.servers
        self._performer = Performer(
            by_kind, self._hooks, self._notifier, self._scribe, self._courier, sink, self._servers
        )
        self._surfaces = Surfaces(settings, self._preferences.windows, tray, self)
        self._starter: Starter | None = None
        # Elsewhere than on a session bus no desktop tells us.
        self._lock_watch = LockWatch(parent=self) if platform not in ("darwin", "win32") else None
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._is_stale = False
        self._known_homes: set[str] = set()

        self._deadline.timeout.connect(self._on_deadline_timeout)
        self._redraw.timeout.connect(self._on_redraw_timeout)
        surfaces = self._surfaces
        surfaces.intent_made.connect(self._on_surfaces_intent_made)
        surfaces.settings_changed.connect(self._on_surfaces_settings_changed)
        surfaces.diff_asked.connect(self._on_surfaces_diff_asked)
        surfaces.connection_asked.connect(self._on_surfaces_connection_asked)
        surfaces.resume_copied.connect(self._on_surfaces_resume_copied)
        surfaces.test_asked.connect(self._on_surfaces_test_asked)
        surfaces.window_shown.connect(self._on_surfaces_window_shown)
        surfaces.start_asked.connect(self._on_surfaces_start_asked)
        surfaces.quit_asked.connect(QApplication.quit)
        if self._lock_watch is not None:
            self._lock_watch.changed.connect(self._on_lock_watch_changed)

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self, *, shows_window: bool) -> None:
        """Take over from the beginning: show what is to be shown, and carry out what is owed so far."""
        self._surfaces.start(shows_window=shows_window or self._preferences.is_new)
        if self._lock_watch is not None:
            self._lock_watch.start()
        refusal = self._notifier.start(self._on_notifier_acted, self._on_notifier_changed)
        if refusal:
            log.warning("no notifications: %s", refusal)
        self._begun.raised = self._raise_window
        self._begun.proposed = self._propose
        self._inbox.serve(self._take, self._drained)
        for event, effects in self._begun.taken:
            self._perform(effects)
            self._follow_up(event)
        self._begun.taken.clear()
        self._equip()
        self._look_at_connections()
        self._refresh_relay()
        self._refresh()

    def stop(self) -> None:
        """Let every hook go without a decision, take back what is shown, end every thread."""
        self._deadline.stop()
        self._redraw.stop()
        self._hooks.stop(STOP_WITHIN_S)
        self._sight.stop(STOP_WITHIN_S)
        self._servers.stop(STOP_WITHIN_S)
        if self._starter is not None:
            self._starter.stop(STOP_WITHIN_S)
        self._notifier.stop()
        if self._lock_watch is not None:
            self._lock_watch.stop()
        self._courier.stop(STOP_WITHIN_S)
        self._surfaces.stop()
        self._scribe.stop(STOP_WITHIN_S)

    def report_crash(self, sentence: str) -> None:
        """Show an error of ours in the window; from any thread."""
        self._inbox.put(HealthReported("agent-tray", clock.now(), sentence, "Restart Agent Tray if it acts strangely."))

    # -- in: what happened -----------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        self._perform(self._hub.observe(event, clock.now()))
        self._follow_up(event)

    def _follow_up(self, event: Event) -> None:
        match event:
            case SessionDescribed(session=session, home=home, pid=pid):
                self._note_owner(session)
                if pid is not None:
                    self._courier.note_process(pid)
                if home and home not in self._known_homes:
                    self._known_homes.add(home)
                    self._look_at_connections()
            case EvidenceGiven(session=session) | SessionEnded(session=session):
                self._note_owner(session)
            case ProcessEnded():
                self._front.forget_process(event.pid)
                self._courier.forget_process(event.pid)
            case _:
                pass

    def _note_owner(self, session: SessionId) -> None:
        known = self._hub.session(session)
        if known is not None:
            self._front.note_owner(known)

    def _drained(self) -> None:
        self._plan()
        self._refresh()

    def _propose(self, kind: str, directory: str, prompt: str) -> None:
        if self._starter is None:
            self._starter = Starter(
                self._agents, self._surfaces.theme, Located(self._inbox.put), self._inbox.call, parent=self
            )
            self._performer.started = self._starter.sessions
            self._begun.begun_here = self._starter.sessions.serves
        self._starter.open(kind, directory, prompt)

    def _raise_window(self, token: str) -> None:
        self._surfaces.show_window(token)

    # -- in: what a person did -------------------------------------------------------------------------------------

    @Slot(object, str)
    def _on_surfaces_intent_made(self, intent: Intent, surface: str) -> None:
        self._submit(intent, surface)

    def _on_notifier_acted(self, acted: NoticeActed) -> None:
        notice = acted.notice
        at = clock.now()
        self._scribe.note(lambda ledger: ledger.note_acted(notice.key, at))
        request = self._hub.request(notice.request) if notice.request is not None else None
        intent = intent_of(acted, request)
        if intent is not None:
            self._submit(intent, "notification")
            return
        if acted.act in (Act.ALLOW, Act.DENY, Act.CHOOSE):
            log.warning("a button of a notification without a request did nothing")
            return
        self._surfaces.show_window(acted.activation_token)
        if notice.session is not None:
            self._surfaces.show_session(notice.session, types=acted.act is Act.REPLY, text=acted.text or "")
            self._submit(MarkSeen(notice.session), "notification")

    @Slot(bool)
    def _on_lock_watch_changed(self, is_locked: bool) -> None:  # noqa: FBT001  # a slot's arguments have no names
        self._surfaces.show_locked(is_locked=is_locked)
        self._perform(self._hub.lock(clock.now(), is_locked=is_locked))
        self._drained()

    def _on_notifier_changed(self, reason: str) -> None:
        if reason:
            log.warning("notifications changed: %s", reason)
        self._equip()

    def _submit(self, intent: Intent, surface: str) -> None:
        self._perform(self._hub.submit(intent, clock.now(), surface))
        self._drained()

    @Slot(object)
    def _on_surfaces_settings_changed(self, settings: Settings) -> None:
        before = self._preferences.settings
        self._preferences.save(settings)
        self._surfaces.show_settings(settings)
        if before.notifications.backend is not settings.notifications.backend:
            self._notifier.prefer(self._backends(settings))
            self._equip()
        self._perform(self._hub.configure(settings, clock.now()))
        self._drained()

    @Slot(object, bool)
    def _on_surfaces_diff_asked(self, kind: str, removes: bool) -> None:  # noqa: FBT001  # a slot's arguments have no names
        agent = next(agent for agent in self._agents if agent.kind == kind)
        sessions = self._hub.sessions()
        try:
            homes = connection.homes_of(agent, sessions)
            made = connection.plans(agent, homes, removes=removes, version=connection.version_of(agent, sessions))
        except SetupError as error:
            self._surfaces.show_diff(agent.kind, [], str(error), removes=removes)
            return
        self._surfaces.show_diff(agent.kind, made, "", removes=removes)

    @Slot(object)
    def _on_surfaces_connection_asked(self, made: list[Plan]) -> None:
        try:
            connection.carry_out(made)
        except SetupError as error:
            self._surfaces.show_diff_trouble(str(error))
            return
        self._surfaces.close_diff()
        self._look_at_connections()
        self._refresh()

    @Slot(object)
    def _on_surfaces_resume_copied(self, session: SessionId) -> None:
        row = self._hub.board(clock.now()).row(session)
        if row is not None and row.resume_command:
            QGuiApplication.clipboard().setText(row.resume_command)

    @Slot()
    def _on_surfaces_window_shown(self) -> None:
        """What is cheap to know and seldom changes is looked at when somebody looks."""
        self._look_at_connections()
        self._sum_up_the_day()
        self._refresh()

    @Slot()
    def _on_surfaces_start_asked(self) -> None:
        self._propose("", "", "")

    @Slot()
    def _on_surfaces_test_asked(self) -> None:
        self._notifier.raise_notice(self._surfaces.test_notice())

    # -- out -------------------------------------------------------------------------------------------------------

    def _perform(self, effects: list[Effect]) -> None:
        self._performer.perform(effects)

    def _backends(self, settings: Settings) -> tuple[Candidate, ...]:
        return candidates(self._platform, settings.notifications.backend, _icon(), self._begun.screen)

    def _equip(self) -> None:
        self._perform(self._hub.equip(self._notifier.capabilities(), clock.now()))
        self._surfaces.show_backend(self._notifier.capabilities(), self._notifier.refusals)
        self._drained()

    def _look_at_connections(self) -> None:
        connected = connection.connected(self._agents, self._hub.sessions())
        self._hub.connect(connected)
        labels = {agent.kind: agent.label for agent in self._agents if agent.hook_setup is not None}
        self._surfaces.show_connections(labels, connected)

    def _refresh_relay(self) -> None:
        """Bring the copy that agents call up to date with what we speak, where one is in use."""
        if paths.places().relay.exists():
            try:
                connection.refresh_relay()
            except SetupError as error:
                self._inbox.put(HealthReported("hooks", clock.now(), str(error)))

    def _sum_up_the_day(self) -> None:
        now = clock.now()
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)

        def sum_up(ledger: Ledger) -> None:
            blocked, interruptions = ledger.waited(midnight, now)
            self._inbox.call(lambda: self._surfaces.show_today(words.today(timedelta(seconds=blocked), interruptions)))

        self._scribe.note(sum_up)

    def _plan(self) -> None:
        due = self._hub.next_deadline()
        if due is None:
            self._deadline.stop()
            return
        wait = max(timedelta(), due - clock.now())
        self._deadline.start(min(int(wait.total_seconds() * 1000) + 1, 24 * 3600 * 1000))

    @Slot()
    def _on_deadline_timeout(self) -> None:
        self._perform(self._hub.tick(clock.now()))
        self._drained()

    def _refresh(self) -> None:
        if self._redraw.isActive():
            self._is_stale = True
            return
        self._redraw.start()
        self._draw()

    @Slot()
    def _on_redraw_timeout(self) -> None:
        if self._is_stale:
            self._is_stale = False
            self._redraw.start()
            self._draw()

    def _draw(self) -> None:
        now = clock.now()
        board = self._hub.board(now)
        lines = self._front.show_board(board)
        if lines:
            self._hooks.publish(lines)
        self._surfaces.show_board(board, now)


def _icon() -> str:
    return resource_path("icons/agent-tray.svg")
