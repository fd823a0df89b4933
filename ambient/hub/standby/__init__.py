"""Two hubs of one site: one serves, the other follows it and takes over when it is gone."""
