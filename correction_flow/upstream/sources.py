"""Where archives are read from, and when: a directory or a URL each, with a rhythm.

A worker claims what is due and lets a process of its own read it, so that mails do not wait and
the worker stays small. A claim that is not renewed is free again, for its worker is dead. Only who
holds a claim renews or ends it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import ColumnElement, Update, or_, select, update

from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid, NotFound
from correction_flow.core.extensions import db
from correction_flow.core.settings import setting
from correction_flow.core.transaction import transaction
from correction_flow.upstream.fetch import Fetched, Refusal, Unreachable, fetch
from correction_flow.upstream.importer import BadSource, Progress, Summary, import_path
from correction_flow.upstream.listing import Root
from correction_flow.upstream.models import Source

CORE = "all"
"""The code of a copy of RePEc:all, which describes the archives and series of all codes."""
CLAIM = timedelta(minutes=15)
RETRY = timedelta(hours=1)
"""After a failure, unless the rhythm is faster."""
LONGEST_RHYTHM = 24 * 366


class Claim(NamedTuple):
    """The right to read a source just now; `token` tells it from the next one."""

    code: str
    token: str


def is_url(location: str) -> bool:
    """Whether a location is an address on the web and not a directory."""
    return re.match(r"(?i)[a-z][a-z0-9+.-]*://", location) is not None


def by_code(code: str) -> Source:
    """The source of an archive. Raises NotFound."""
    source = db.session.scalar(select(Source).where(Source.code == _code(code)))
    if source is None:
        raise NotFound(f"There is no source for {code}. Name one with “flask redif source add”.")
    return source


def all_sources() -> Sequence[Source]:
    """All sources by code; RePEc has some 2,400."""
    return db.session.scalars(select(Source).order_by(Source.code)).all()


def name(code: str, location: str, every_hours: int) -> Source:
    """From now on the archive is read from there, so often. Raises Invalid."""
    code, location = _code(code), location.strip()
    if not re.fullmatch(r"[a-z]{3}", code):
        raise Invalid({"code": f"“{code}” is no archive code. Give three letters, like gam."})
    if not 0 < every_hours <= LONGEST_RHYTHM:
        raise Invalid({"every": f"Give the hours between two readings, 1 to {LONGEST_RHYTHM:,}."})
    if is_url(location):
        try:
            location = Root.at(location).url()
        except ValueError as error:
            raise Invalid({"location": str(error)}) from None
    elif not Path(location).is_absolute():
        raise Invalid({"location": f"Give the whole path of the directory, not “{location}”."})
    source = db.session.scalar(select(Source).where(Source.code == code))
    if source is None:
        source = Source(code=code)
        db.session.add(source)
    source.location, source.every_hours = location, every_hours
    source.next_at, source.last_error = utcnow(), None
    db.session.flush()
    return source


def forget(code: str) -> None:
    """The archive is not read any more; what was imported stays. Raises NotFound."""
    db.session.delete(by_code(code))


def claim_due() -> Claim | None:
    """Claim the source that has been due longest."""
    due = (
        select(Source.id)
        .where(Source.next_at <= utcnow(), _free())
        .order_by(Source.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return _claimed(Source.id == due.scalar_subquery())


def claim(code: str) -> Claim | None:
    """Claim this source, due or not, unless somebody holds it."""
    return _claimed(Source.code == _code(code), _free())


def _free() -> ColumnElement[bool]:
    return or_(Source.claimed_until.is_(None), Source.claimed_until < utcnow())


def _claimed(*which: ColumnElement[bool]) -> Claim | None:
    token = secrets.token_hex(8)
    values = {"claimed_until": utcnow() + CLAIM, "claim": token}
    with transaction() as session:
        code = session.scalar(update(Source).where(*which).values(values).returning(Source.code))
    return None if code is None else Claim(code, token)


def renew(claim: Claim) -> None:
    """Its reader still lives; one that has just noted its end is not claimed again."""
    with transaction() as session:
        session.execute(_held(claim).values(claimed_until=utcnow() + CLAIM))


def _held(claim: Claim) -> Update:
    return update(Source).where(Source.code == claim.code, Source.claim == claim.token)


def release(claim: Claim, *, error: str | None = None, again: bool = False) -> None:
    """It was read, or could not be: `error`. `again`: it was stopped, and is due at once.

    Nothing where the claim does not stand any more: its reader ended it, or somebody else has one.
    """
    with transaction() as session:
        query = _held(claim).values(claimed_until=None, claim=None).returning(Source.every_hours)
        every_hours = session.scalar(query)
        if every_hours is None or again:
            return
        rhythm = timedelta(hours=every_hours)
        next_at = utcnow() + (min(RETRY, rhythm) if error else rhythm)
        noted = update(Source).where(Source.code == claim.code)
        session.execute(noted.values(next_at=next_at, last_error=error))


def read(
    code: str,
    *,
    dry_run: bool = False,
    progress: Progress = lambda _what, _items, _done, _all: None,
    told: Callable[[Fetched], None] = lambda _fetched: None,
) -> Summary:
    """Read an archive from its source. Raises BadSource, Unreachable, NotFound.

    A URL is fetched into a folder of ours first; `told` hears what became of that.
    """
    source = by_code(code)
    location, code = source.location, source.code
    db.session.rollback()
    unfetched: list[Refusal] = []
    path = Path(location)
    if is_url(location):
        path = Path(setting("INSTANCE_DIR")) / "mirrors" / code
        path.parent.mkdir(parents=True, exist_ok=True)
        fetched = fetch(location, path, allow_private=setting("SOURCES_MAY_BE_PRIVATE"))
        told(fetched)
        unfetched = fetched.refused
    core = code == CORE
    return import_path(
        path, archive=None if core else code, core=core, dry_run=dry_run, progress=progress,
        unfetched=unfetched,
    )  # fmt: skip


def read_and_release(code: str, *, token: str | None = None, **options: object) -> Summary:
    """Read an archive and note how it went; what went wrong is kept with its source.

    `token`: of the claim somebody made for us. Without one, a source that is free is claimed;
    where another reader holds it, nothing is noted, for that is theirs.
    """
    held = Claim(_code(code), token) if token else claim(code)
    try:
        summary = read(code, **options)  # type: ignore[arg-type]
    except (BadSource, Unreachable) as error:
        db.session.rollback()
        if held:
            release(held, error=str(error))
        raise
    except BaseException:
        db.session.rollback()
        if held and not token:  # else whoever claimed it sees that we died
            release(held, again=True)
        raise
    if held:
        release(held)
    return summary


def _code(text: str) -> str:
    return text.strip().lower().removeprefix("repec:")
