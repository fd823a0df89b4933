"""Sounds of distress: blocks of one microphone in, `ambient.observations.SoundHeard` out.

`listener` puts together: `rows` (frames, network), `events` (what is told of them), `bursts` and
`calling` (calls for help), `smoke` (the smoke detector, a rule), `context` (a thud and what comes
after it). All but `rows` is pure logic over numbers and times.
"""
