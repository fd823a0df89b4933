"""What the scripts of the page say; they get it with the page, in the reader's language.

Comes in: nothing. Goes out: key ► text, where ``%(name)s`` stands for what a script puts in.
"""

from __future__ import annotations

from typing import Final

from ambient.hub.languages import gettext, mark

WORDS: Final = {
    "connected": mark("Connected"),
    "not_connected": mark("Not connected"),
    "not_connected_title": mark("⚠ NOT CONNECTED · Ambient"),
    "other_serves": mark("The other hub serves"),
    "other_how": mark(
        "The hub of this screen stands by. Alarms are shown and ring at the other one: open its "
        "page and sign in there."
    ),
    "signed_out": mark("Signed out"),
    "alarms": mark("Alarms"),
    "alarm": mark("Alarm: %(what)s"),
    "open": mark("%(count)s open"),
    "watched": mark("%(watched)s of %(rooms)s watched"),
    "on_my_way": mark("You are on the way"),
    "there": mark("You are there"),
    "saving": mark("Saving: %(what)s"),
    "hushed": mark("Quiet for two minutes"),
    "not_sent": mark("NOT SENT: the hub did not answer. Tap again."),
    "not_done": mark("NOT DONE. Tap again."),
    "not_done_why": mark("NOT DONE: %(why)s"),
    "not_signed_in": mark("NOT DONE: you are signed out. Sign in and tap again."),
    "noted": mark("Noted: a fall in %(room)s that was not reported. Thank you."),
    "days": mark("%(count)s days"),
    "everything": mark("every alarm"),
    "check_ask": mark("Did you hear it?"),
    "check_not_heard": mark(
        "Then do not rely on this screen: turn up the loudspeaker, look whether it is plugged in, "
        "and play the sound again. Until it is heard, look after the rooms in person."
    ),
    "check_blocked": mark("The browser plays no sound. Tap once more."),
    "dims": mark("This screen may go dark by itself: switch that off in its settings"),
}


def script_words() -> dict[str, str]:
    """Return them in the language that is spoken now."""
    return {key: gettext(text) for key, text in WORDS.items()}
