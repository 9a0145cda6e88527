"""Lets agents of every kind work at once on one desktop, and compares, each second, what the tray tells with the truth.

    python -m tests.journeys.six_agents [SECONDS [AGENT ...]]

Each plays scenes drawn by lot, the same in each run. A second that falls within one second of a change, or between a
key and the moment at which the agent itself was seen to follow, is not counted.
"""

import sys
import threading
import time
import traceback
from collections import Counter

from tests.journeys import packages, real_agent
from tests.journeys.actor import Actor
from tests.journeys.cast import CAST
from tests.journeys.stage import Stage, standing
from tests.journeys.truth import MAY_TAKE_S, Look, Streak, Verdict, ghosts, judge, share, streaks, wrong_waits

DEFAULT_S = 600
SEED = 11  # any
# Many at once on few processors: looking at each terminal a hundred times a second would be most of the work.
GLANCE_S = 0.2
AIM = 99.5
LONGEST_WRONG_WAIT_S = 2.0


class Play:
    """All actors on their stage, and the looks at the tray."""

    def __init__(self, stage: Stage, names: list[str]) -> None:
        self.stage = stage
        cast = [each for each in CAST if not names or any(name in each[0].name.lower() for name in names)]
        self.actors = [
            sort(stage, stage.directory(f"home/{place}"), SEED + number) for number, (sort, place) in enumerate(cast)
        ]
        self.looks: list[Look] = []
        self.slowest_answer_s = 0.0
        self.troubles: list[str] = []
        self._end = threading.Event()

    def run(self, seconds: float) -> None:
        """Let all play for so long, once all are there."""
        threads = [threading.Thread(target=self._act, args=(actor,), name=actor.name) for actor in self.actors]
        for thread in threads:
            thread.start()
        real_agent.until(lambda: all(actor.truth.states or not thread.is_alive()
                                     for actor, thread in zip(self.actors, threads, strict=True)),
                         "all to come", 180)  # fmt: skip
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look()
        self._end.set()
        while any(thread.is_alive() for thread in threads):
            self._look()

    def _act(self, actor: Actor) -> None:
        try:
            actor.enter()
        except Exception:
            self.troubles.append(f"{actor.name} did not come:\n{traceback.format_exc()}")
            return
        while not self._end.is_set():
            try:
                actor.play()
            except Exception:
                self.troubles.append(f"{actor.name} in {actor.played[-1]!r}:\n{traceback.format_exc()}")
                try:
                    actor.lost_thread()
                except Exception:
                    self.troubles.append(f"{actor.name} did not come again:\n{traceback.format_exc()}")
                    return

    def _look(self) -> None:
        time.sleep(1.0 - time.time() % 1.0)
        at = time.time()
        try:
            rows = self.stage.status()["sessions"]
        except (OSError, ValueError):
            rows = []
        self.slowest_answer_s = max(self.slowest_answer_s, time.time() - at)
        assert isinstance(rows, list)
        # Other agents run on this machine, and are watched too.
        ours = [row for row in rows if row["cwd"].startswith(str(self.stage.base)) or not row["cwd"]]
        self.looks.append(Look(at, tuple((row["id"], row["phase"]) for row in ours)))

    def tell(self) -> bool:
        """Print what came of it; return whether it is good enough."""
        verdicts = {actor.name: list(judge(actor.truth, self.looks)) for actor in self.actors}
        for actor in self.actors:
            _print_share(actor.name, verdicts[actor.name], f"{len(actor.played)} scenes: {_counted(actor.played)}")
        everything = [verdict for found in verdicts.values() for verdict in found]
        counted, right = share(everything)
        _print_share("all", everything, "")
        print("\nwrong, in a row:")
        for actor in self.actors:
            for streak in streaks(verdicts[actor.name]):
                print(f"  {streak}")
                self._print_around(actor, streak)
        longest = self._print_waits()
        print("\nrows of no session:")
        passing = {
            session: at
            for session, at in ghosts([actor.truth for actor in self.actors], self.looks).items()
            if not all(self._is_beginning(session, moment) for moment in at)
        }
        for session, at in passing.items():
            print(f"  {session}: {len(at)} looks, {at[0]:.2f} to {at[-1]:.2f}")
        wrong_answers = [answer for actor in self.actors for answer in actor.answers]
        doubles = [each for each in everything if each.is_counted and " and " in each.told]
        lost = [each for each in everything if each.is_counted and each.told == "nothing"]
        print(f"\nghosts {len(passing)}, duplicates {len(doubles)}, lost {len(lost)}, wrong answers {wrong_answers}")
        print(f"slowest answer of the tray {self.slowest_answer_s:.2f} s; troubles of the script {len(self.troubles)}")
        for trouble in self.troubles:
            print(trouble)
        is_right = right >= counted * AIM / 100 and longest <= LONGEST_WRONG_WAIT_S
        return is_right and not (passing or doubles or lost or wrong_answers or self.troubles)

    def _print_waits(self) -> float:
        longest = 0.0
        print("\nwaiting, though it did not:")
        for actor in self.actors:
            told = {
                session: [(each.at, each.phase) for each in self.stage.follower.of(session)]
                for session in actor.truth.sessions
            }
            for at, seconds, session in wrong_waits(actor.truth, told, self.looks[-1].at):
                longest = max(longest, seconds)
                if seconds > 0.5:
                    print(f"  {actor.name}: {seconds:.2f} s from {at:.2f}, {session}")
        print(f"  longest {longest:.2f} s")
        return longest

    def _print_around(self, actor: Actor, streak: Streak) -> None:
        """Print what was true and what was told about that time, in seconds from the first wrong look."""
        zero, begin, end = streak.first.at, streak.first.at - 12, streak.last.at + 4
        lines = [
            (state.since, f"true: {state.phase}, by {state.settled - zero:.2f} {state.session} in {state.scene}")
            for state in actor.truth.states
        ]
        for session in {*actor.truth.sessions, *actor.truth.names}:
            lines += [
                (each.at, f"told: {each.phase}, {each.row['reason']} {session}")
                for each in self.stage.follower.of(session)
            ]
        for at, line in sorted(lines):
            if begin < at < end:
                print(f"    {at - zero:7.2f} {line}")

    def _is_beginning(self, session: str, at: float) -> bool:
        """Whether this is an agent that starts, by its process: its conversation has no name yet."""
        kind, _, name = session.partition(":")
        return name.startswith("pid-") and any(
            state.scene == "start" and state.since <= at < state.settled + MAY_TAKE_S
            for actor in self.actors if actor.kind == kind for state in actor.truth.states
        )  # fmt: skip


def _print_share(name: str, verdicts: list[Verdict], words: str) -> None:
    counted, right = share(verdicts)
    percent = 100 * right / counted if counted else 0.0
    print(f"{name:<16} {len(verdicts):5} looks, {counted:5} counted, {percent:6.2f} % right  {words}")


def _counted(scenes: list[str]) -> str:
    return ", ".join(f"{count} {scene}" for scene, count in Counter(scenes).most_common())


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_S
    real_agent.GLANCE_S = GLANCE_S
    with standing((packages.LATEST,)) as stage:
        play = Play(stage, [name.lower() for name in sys.argv[2:]])
        began = time.time()
        play.run(seconds)
        print(f"{time.time() - began:.0f} s with {len(play.actors)} agents")
        is_good = play.tell()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
