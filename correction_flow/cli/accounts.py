"""`flask accounts`: make accounts, give and take roles and rights at desks."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from flask_security.utils import hash_password

from correction_flow.accounts import operations as accounts_operations
from correction_flow.accounts.models import RoleName, User
from correction_flow.accounts.queries import account_of
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Archive, GrantEffect, Series
from correction_flow.catalog.queries import archive_by_handle, series_by_handle
from correction_flow.core.errors import DomainError
from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations as proposals

accounts = AppGroup("accounts", help="Accounts, roles and rights.")
ROLES = [*[r.value for r in RoleName], "maintainer"]


@accounts.command()
@click.argument("email")
@click.option("--name", required=True)
@click.password_option(help="At least ten characters.")
@click.option("--role", "roles", multiple=True, type=click.Choice([r.value for r in RoleName]))
def create(email: str, name: str, password: str, roles: tuple[str, ...]) -> None:
    """Make an account with a verified address, and give it roles."""
    if len(password) < 10:
        raise click.ClickException("The password is too short. Use at least ten characters.")
    try:
        with transaction():
            user = accounts_operations.create_user(
                name=name, email=email, password_hash=hash_password(password), verified=True
            )
            for role in roles:
                accounts_operations.give_role(user, RoleName(role))
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{email} can sign in{' as ' + ', '.join(roles) if roles else ''}.")


_for_archive = click.option("--archive", help="For a maintainer: the archive, like RePEc:gam.")
_for_series = click.option("--series", help="For a maintainer: the series, like RePEc:gam:jadmsc.")


@accounts.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@_for_archive
@_for_series
def grant(email: str, role: str, archive: str | None, series: str | None) -> None:
    """Make EMAIL a curator, an administrator, or a maintainer of an archive or series."""
    _change(email, role, archive, series, GrantEffect.GRANTED)
    click.echo(f"{email} is {role} now.")


@accounts.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@_for_archive
@_for_series
def revoke(email: str, role: str, archive: str | None, series: str | None) -> None:
    """Take a role or a right at a desk away again, also one that came from a contact address."""
    _change(email, role, archive, series, GrantEffect.REMOVED)
    click.echo(f"{email} is no longer {role}.")


def _change(
    email: str, role: str, archive: str | None, series: str | None, effect: GrantEffect
) -> None:
    with transaction():
        user = account_of(email)
        if user is None:
            raise click.ClickException(f"There is no account for {email}.")
        if role != "maintainer":
            change = (
                accounts_operations.give_role
                if effect is GrantEffect.GRANTED
                else accounts_operations.take_role
            )
            change(user, RoleName(role))
            return
        _change_desk(user, archive, series, effect)


def _change_desk(user: User, archive: str | None, series: str | None, effect: GrantEffect) -> None:
    if bool(archive) == bool(series):
        raise click.ClickException(
            "Say for what: --archive RePEc:gam or --series RePEc:gam:jadmsc."
        )
    found_series: Series | None = series_by_handle(series) if series else None
    found: Archive | None = found_series.archive if found_series else None
    if archive:
        found = archive_by_handle(archive)
    if found is None:
        raise click.ClickException(f"There is no {archive or series} in the catalogue.")
    proposals.reroute(catalog.grant(user, found, found_series, effect, by=None))
