-- Pages ask for orders by their kind, and channels for what they show now.
CREATE INDEX commands_kind ON commands (kind, issued);
CREATE INDEX signals_given ON signals (channel) WHERE withdrawn IS NULL;
