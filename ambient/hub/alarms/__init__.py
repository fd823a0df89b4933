"""The life of alarms as pure logic: conditions, signals, escalation, rota, log. See docs/alarms.md.

Nothing in this package reads a clock, a disk or a socket: time is an argument, what is kept comes
in through `book.Book`, what is to be done goes out as `effects`.
"""
