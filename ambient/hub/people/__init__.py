"""Residents' rights: consent, care settings, sealing, erasure, retention, disclosure, dossier."""
