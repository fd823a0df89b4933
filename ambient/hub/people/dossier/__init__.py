"""The facility's data protection file, filled from the live configuration (``ambient dossier``)."""
