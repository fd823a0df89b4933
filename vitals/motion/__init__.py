"""Accelerometers: how much somebody moves, how the device hangs, and whether an impact was a fall.

Comes in: batches of acceleration at any rate. Goes out: `MotionMeasured` each second and
`ImpactMeasured` a few seconds after each impact. `vitals.motion.meter` puts the parts together.
"""
