"""How people lie and sit on furniture and on the floor: joint angles, set by hand.

All face -y; a lying body lies along y. `models.support.scenes` turns and places them.
"""

from __future__ import annotations

from dataclasses import replace

from models.bodies.clips import BEND, SIT, STAND, SUPINE

LYING = {
    "supine": SUPINE,
    "arms up": replace(SUPINE, shoulder_l=(150.0, 30.0, 0.0), elbow_l=60.0),
    "knees up": replace(SUPINE, hip_l=(50.0, 4.0, 6.0), knee_l=90.0, hip_r=(40.0, 4.0, 6.0),
                        knee_r=80.0),
    "left side": replace(SUPINE, turn=(90.0, 0.0, 90.0)),
    "curled": replace(SUPINE, turn=(-90.0, 0.0, -90.0), hip_l=(70.0, 4.0, 6.0), knee_l=80.0,
                      hip_r=(55.0, 4.0, 6.0), knee_r=70.0, spine=(20.0, 0.0, 0.0)),
    "prone": replace(SUPINE, turn=(0.0, 90.0, 0.0)),
    "raised head": replace(SUPINE, spine=(35.0, 0.0, 0.0), neck=(20.0, 0.0, 0.0)),
}  # fmt: skip
"""Lying, the head towards +y before any turn."""
ON_SEAT = {
    "sitting": SIT,
    "leaning back": replace(SIT, turn=(0.0, -22.0, 0.0)),
    "leaning forward": replace(SIT, turn=(0.0, 10.0, 0.0), spine=(28.0, 0.0, 0.0)),
}
LEGS_OUT = replace(
    SIT,
    hip_l=(84.0, 6.0, 8.0),
    hip_r=(84.0, 6.0, 8.0),
    knee_l=12.0,
    knee_r=12.0,
    ankle_l=-10.0,
    ankle_r=-10.0,
)
CROSSED = replace(
    SIT,
    turn=(0.0, 0.0, 0.0),
    hip_l=(95.0, 40.0, 45.0),
    hip_r=(95.0, 40.0, 45.0),
    knee_l=125.0,
    knee_r=125.0,
)
SITTING_UP = {
    "legs out": LEGS_OUT,
    "reclining": replace(LEGS_OUT, turn=(0.0, -35.0, 0.0)),
    "legs crossed": CROSSED,
    "legs crossed, forward": replace(CROSSED, spine=(30.0, 0.0, 0.0)),
}
"""Sitting on a surface with the legs upon it."""
LOW = {
    "on the floor, legs out": LEGS_OUT,
    "on the floor, legs crossed": CROSSED,
    "kneeling": replace(STAND, knee_l=105.0, knee_r=105.0, ankle_l=-40.0, ankle_r=-40.0,
                        hip_l=(15.0, 4.0, 4.0), hip_r=(15.0, 4.0, 4.0)),
    "crouching": replace(BEND, knee_l=120.0, knee_r=120.0, hip_l=(110.0, 8.0, 8.0),
                         hip_r=(110.0, 8.0, 8.0), ankle_l=25.0, ankle_r=25.0),
}  # fmt: skip
UPRIGHT = {"standing": STAND, "bending": BEND}
