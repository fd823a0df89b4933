"""The room node: workers, supervision, outbox, health."""
