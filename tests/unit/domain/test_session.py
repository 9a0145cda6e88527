from datetime import timedelta

from desktop.domain.ids import session_id
from desktop.domain.session import Claim, Evidence, NameSource, Session, Source
from tests.helpers.story import KIND, SESSION, at


def test_the_best_name_wins_and_the_project_or_id_stands_in() -> None:
    names = ((NameSource.PROMPT, "fix it"), (NameSource.PERSON, "Refunds"), (NameSource.TITLE, "Fix refunds"))

    assert Session(SESSION, KIND, at(0), names=names).name == "Refunds"
    assert Session(SESSION, KIND, at(0), names=((NameSource.PERSON, ""), *names[:1])).name == "fix it"
    assert Session(SESSION, KIND, at(0), cwd="/home/dev/shop/").name == "shop"
    assert Session(session_id(KIND, "0123456789"), KIND, at(0)).name == "01234567"


def test_the_project_is_the_last_part_of_the_directory_on_any_system() -> None:
    assert Session(SESSION, KIND, at(0), cwd="C:\\src\\shop\\").project == "shop"


def test_evidence_is_credible_for_its_time() -> None:
    lasting = Evidence(Source.HOOK, Claim.WORKING, at(0))
    brief = Evidence(Source.HOOK, Claim.WORKING, at(0), ttl=timedelta(seconds=5))

    assert lasting.is_fresh(at(1e6))
    assert brief.is_fresh(at(4.9))
    assert not brief.is_fresh(at(5))


def test_three_claims_mean_that_a_person_is_waited_for() -> None:
    waiting = [claim for claim in Claim if claim.is_waiting]

    assert waiting == [Claim.WAITING, Claim.WAITING_APPROVAL, Claim.WAITING_ANSWER]
