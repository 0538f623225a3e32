"""Acts in a process of its own: `python -m tests.flows.actors`.

For every line of its input, [URI, FOLDER, ACT, ARGUMENT, …] as JSON, it says `ready` when all but
the act is done, waits for one more line, acts, and prints what became of it as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from correction_flow.accounts import leaving as accounts_end
from correction_flow.accounts import operations as accounts
from correction_flow.accounts.queries import account_of
from correction_flow.catalog.fields import field
from correction_flow.catalog.queries import authors_of, item_by_handle
from correction_flow.claims.operations import claim
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import DomainError
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import request_correction, wanted
from correction_flow.corrections.slips import Slip, find, request_slip
from correction_flow.proposals import (
    batches,
    deadlines,
    editing,
    leaving,
    operations,
    reopening,
    reverting,
    visitors,
)
from correction_flow.proposals.lifecycle import Outcome
from correction_flow.proposals.models import Proposal, Visitor
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import ITEM
from tests.databases import Application
from tests.makers import import_tree

assert leaving.open_requests  # what erasing an account does to requests is there


def ask(who: str, title: str, handle: str = ITEM) -> str:
    """Ask for another title; the number, or `supported`."""
    item = item_by_handle(handle)
    user = account_of(f"{who}@example.org")
    submitted = request_correction(
        item, {"title": title}, by=user, reason="r", evidence_url=None, item_version=item.version
    )
    return submitted.proposal.number if submitted.proposal else "supported"


def decide(who: str, number: str, outcome: str) -> str:
    """Decide all changes alike, as the page of version 1 had shown them."""
    proposal = proposal_by_number(number)
    decisions = {
        c.id: Decision(Outcome(outcome), seen=digest(c.old), reason="Because.")
        for c in proposal.changes
    }
    by = account_of(f"{who}@example.org")
    operations.decide(proposal, decisions, by=by, version=1)
    return "decided"


def claim_first_name(who: str, _: str) -> str:
    """Claim the first printed name."""
    item = item_by_handle(ITEM)
    submitted = claim(
        item, authors_of(item)[0].id, by=account_of(f"{who}@example.org"), reason="It is me.",
        evidence_url=None, item_version=item.version,
    )  # fmt: skip
    return submitted.proposal.number


def confirm(key: str, version: str) -> str:
    """Press the button of a visitor's request; the number, or `nothing`."""
    proposal = db.session.get(Proposal, int(key))
    if proposal is None:
        return "gone"
    done = visitors.confirm(proposal, item_version=int(version))
    return done.proposal.number if done.proposal else "nothing"


def erase(hours: str, _: str) -> str:
    """What the worker erases when so many hours have passed."""
    return f"erased {visitors.erase_unconfirmed(utcnow() + timedelta(hours=int(hours)))}"


def appeal(number: str, _: str) -> str:
    """A visitor appeals everything that was declined; the number of the appeal."""
    proposal = proposal_by_number(number)
    by = Visitor(proposal.visitor_address or "nobody@example.net")
    ids = [c.id for c in proposal.changes]
    return reopening.appeal(proposal, ids, "Look again.", by=by).proposal.number


def verify(who: str, address: str) -> str:
    """Somebody with an account verifies one more address."""
    accounts.verify(accounts.add_address(account_of(f"{who}@example.org"), address))
    return "verified"


def leave(who: str, _: str) -> str:
    """Somebody erases their account."""
    accounts_end.erase(account_of(f"{who}@example.org"))
    return "erased"


def withdraw(who: str, number: str, version: str) -> str:
    """The proposer takes it back, from the page of that version."""
    by = account_of(f"{who}@example.org")
    operations.withdraw(proposal_by_number(number), by=by, version=int(version))
    return "withdrawn"


def settle(who: str, number: str, outcome: str, seen: str) -> str:
    """Decide the one change of version 1 on a page that showed the value of this digest."""
    proposal = proposal_by_number(number)
    said = Decision(Outcome(outcome), seen=seen, reason="Because.")
    by = account_of(f"{who}@example.org")
    operations.decide(proposal, {c.id: said for c in proposal.undecided}, by=by, version=1)
    return "decided"


def ask_pages(who: str, pages: str) -> str:
    """Ask for other pages; the number, or `supported`."""
    item = item_by_handle(ITEM)
    submitted = request_correction(
        item, {"pages": pages}, by=account_of(f"{who}@example.org"), reason="r",
        evidence_url=None, item_version=item.version,
    )  # fmt: skip
    return submitted.proposal.number if submitted.proposal else "supported"


def slip(who: str, handle: str, old: str, new: str) -> int:
    """Ask for another name wherever one stands in a series; how many requests are made."""
    wrong = Slip(field("authors"), old)
    items = find(item_by_handle(handle), wrong).items
    results = request_slip(
        items, {i.id: i.version for i in items}, wrong, new, by=account_of(f"{who}@example.org"),
        reason="r", evidence_url=None,
    )  # fmt: skip
    return sum(r.proposal is not None for r in results)


def alike(who: str, number: str, outcome: str) -> list[int]:
    """Decide all of a batch, as its page of versions 1 had shown them; how many, how many left."""
    first = proposal_by_number(number)
    cases = [
        (p, 1, {c.id: digest(c.old) for c in p.changes}) for p in [first, *batches.sent_with(first)]
    ]
    by = account_of(f"{who}@example.org")
    report = batches.decide_alike(cases, Outcome(outcome), "Because.", by=by)
    return [len(report.decided), len(report.left)]


def edit_title(who: str, number: str, title: str) -> str:
    """Ask for another title instead, from the page of version 1."""
    proposal = proposal_by_number(number)
    editing.edit(
        proposal, wanted(proposal.item, {"title": title}), by=account_of(f"{who}@example.org"),
        version=1, reason="r",
    )  # fmt: skip
    return "edited"


def revert(who: str, number: str) -> str:
    """Take back the first change, from the page of the decision."""
    proposal = proposal_by_number(number)
    by = account_of(f"{who}@example.org")
    reverting.revert(proposal, proposal.changes[0].id, "Wrong.", by=by, version=2)
    return "reverted"


def round_of_the_clock(moment: str) -> list[str]:
    """What a worker does at that moment."""
    with at(datetime.fromisoformat(moment)):
        steps = [deadlines.act_when_due(proposal_id) for proposal_id in deadlines.due()]
    return [step.value for step in steps if step]


ACTS: dict[str, Callable[..., Any]] = {
    "confirm": confirm,
    "erase": erase,
    "appeal": appeal,
    "verify": verify,
    "leave": leave,
    "withdraw": withdraw,
    "ask": ask,
    "ask_pages": ask_pages,
    "decide": decide,
    "settle": settle,
    "slip": slip,
    "alike": alike,
    "edit": edit_title,
    "revert": revert,
    "claim": claim_first_name,
    "clock": round_of_the_clock,
}


def done(act: str, *arguments: str) -> Any:
    """Act once; what became of it."""
    if act == "import_again":
        return import_tree({"jadmsc/v9.rdf": ("Practise", arguments[0])}).items["changed"]
    try:
        with transaction():
            return ACTS[act](*arguments)
    except DomainError as error:
        return type(error).__name__


def main() -> None:
    """Act after act on the databases named with them."""
    applications: dict[str, Application] = {}
    for line in sys.stdin:
        uri, folder, *act = json.loads(line)
        kind = uri.partition(":")[0]
        if kind not in applications:
            applications[kind] = Application(uri, Path(folder))
        with applications[kind].on(uri, Path(folder)):
            db.session.execute(db.text("SELECT 1"))
            db.session.rollback()
            print("ready", flush=True)
            sys.stdin.readline()
            print(json.dumps(done(*act)), flush=True)


if __name__ == "__main__":
    main()
