"""The facility hub: intake, store, alarms, web page, metrics."""
