"""The hub's page and API: Litestar, server-rendered, live by server-sent events."""
