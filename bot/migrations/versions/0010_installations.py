"""Which workspaces and tenants a provider's schools have connected, and the links by which they do."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("installed_at", sa.DateTime, nullable=False),
        sa.Column("token", sa.LargeBinary),
        sa.Column("enterprise", sa.String(64)),
        sa.Column("bot_user", sa.String(64)),
        sa.Column("scopes", sa.Text),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_installations_school_id_schools"),
        sa.PrimaryKeyConstraint("channel", "tenant", "school_id", name="pk_installations"),
        sa.UniqueConstraint("channel", "tenant", "place", name="uq_installations_channel_tenant_place"),
    )
    op.create_table(
        "install_links",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("school_id", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("beside", sa.String(64)),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.id"], name="fk_install_links_school_id_schools"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_install_links"),
    )


def downgrade() -> None:
    op.drop_table("install_links")
    op.drop_table("installations")
