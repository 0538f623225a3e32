"""Acts in processes of their own: `python -m tests.flows.actors URI FOLDER ACT ARGUMENT…`.

Each waits for a common moment, acts once, and prints what became of it as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from correction_flow import create_app
from correction_flow.accounts.queries import account_of
from correction_flow.catalog.queries import authors_of, item_by_handle
from correction_flow.claims.operations import claim
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import DomainError
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import request_correction
from correction_flow.proposals import operations, visitors
from correction_flow.proposals.lifecycle import Outcome
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import ITEM
from tests.databases import settings
from tests.makers import import_tree


def ask(who: str, title: str) -> str:
    """Ask for another title; the number, or `supported`."""
    item = item_by_handle(ITEM)
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


def main(uri: str, folder: str, start: str, act: str, *arguments: str) -> Any:
    app = create_app(settings(uri, Path(folder)))
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
        db.session.rollback()
        time.sleep(max(0.0, float(start) - time.time()))
        if act == "import_again":
            return import_tree({"jadmsc/v9.rdf": ("Practise", arguments[0])}).items["changed"]
        try:
            with transaction():
                acts = {
                    "ask": ask, "decide": decide, "claim": claim_first_name, "confirm": confirm,
                    "erase": erase,
                }  # fmt: skip
                return acts[act](*arguments)
        except DomainError as error:
            return type(error).__name__


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
