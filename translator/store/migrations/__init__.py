"""The steps from an empty database to the present schema, for Alembic. A step that was released is never changed."""
