"""By which invitation somebody joined; the number of an invitation is given once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("invitation", sa.Integer))
    _number_invitations(sqlite_autoincrement=True)


def downgrade() -> None:
    _number_invitations(sqlite_autoincrement=False)
    op.drop_column("people", "invitation")


def _number_invitations(*, sqlite_autoincrement: bool) -> None:
    # Left to itself SQLite gives the last number again once its row is gone; PostgreSQL never does.
    if op.get_bind().dialect.name == "sqlite":
        kwargs = {"sqlite_autoincrement": sqlite_autoincrement}
        with op.batch_alter_table("invitations", recreate="always", table_kwargs=kwargs):
            pass
