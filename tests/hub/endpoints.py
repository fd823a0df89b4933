"""Every endpoint of the hub with the right that it needs, and every role with what it may.

Written by hand and apart from the code: a table that the code must agree with.
"""

from __future__ import annotations

ROLES = {
    #            metrics device carer lead installer researcher dpo admin
    "own":       ". . x x x x x x",
    "metrics":   "x . . . x . . x",
    "ringing":   ". x x x . . . x",
    "alarms":    ". . x x x . . x",
    "answer":    ". . x x . . . x",
    "trends":    ". . x x . . . x",
    "reports":   ". . . x . x x x",
    "care":      ". . . x . . . .",
    "consent":   ". . . x . . x .",
    "logs":      ". . . x . . x .",
    "privacy":   ". . . . . . x .",
    "nodes":     ". . . . x . . x",
    "users":     ". . . . . . . x",
}  # fmt: skip
"""Right ► who has it, in the order of the heading."""

ORDER = ("metrics", "device", "carer", "lead", "installer", "researcher", "dpo", "admin")

ENDPOINTS = """
GET  /                                      alarms   200
GET  /earlier                               alarms   200
GET  /handover                              alarms   200
POST /handover                              answer   409
GET  /kiosk                                 alarms   200
GET  /push                                  alarms   200
POST /push                                  answer   400
POST /push/forget                           answer   400
GET  /residents                             trends   200
GET  /consents                              consent  200
POST /consents/move-in                      consent  400
POST /consents/move-out                     consent  400
POST /consents/decide                       consent  400
POST /consents/erase                        privacy  400
GET  /consents/{subject:str}/told           privacy  409
GET  /residents/{subject:str}               trends   404
GET  /care                                  trends   200
POST /care                                  care     409
GET  /live                                  alarms   200
GET  /metrics                               metrics  200
GET  /login                                 public   200
POST /login                                 public   401
POST /login/passkey                         public   409
GET  /sign-in/provider                      public   404
GET  /sign-in/provider/back                 public   400
POST /logout                                own      303
POST /language                              public   400
GET  /setup/{token:str}                     public   410
POST /setup/{token:str}                     public   410
GET  /healthz                               public   200
GET  /static/{file_path:path}               public   404
HEAD /static/{file_path:path}               public   404
GET  /account                               own      200
POST /account/second-factor                 own      400
POST /account/second-factor/begin           own      200
POST /account/second-factor/finish          own      401
POST /account/passkeys/add                  own      401
POST /account/passkeys/give                 own      401
POST /account/passkeys/name                 own      400
POST /account/passkeys/remove               own      400
GET  /device                                ringing  200
GET  /device/live                           ringing  200
POST /device/sign-in                        ringing  403
GET  /install                               nodes    200
POST /install                               nodes    409
GET  /admin                                 nodes    200
POST /admin/invite                          nodes    200
POST /admin/nodes/accept                    nodes    400
POST /admin/nodes/reject                    nodes    400
POST /admin/nodes/revoke                    nodes    400
POST /admin/nodes/rooms                     nodes    400
POST /admin/users/add                       users    400
POST /admin/users/password                  users    400
POST /admin/users/disable                   users    400
POST /admin/users/enable                    users    400
POST /admin/users/role                      users    400
POST /admin/users/pin                       users    400
POST /admin/users/second-factor             users    400
POST /admin/devices/enrol                   users    400
POST /admin/devices/revoke                  users    303
POST /admin/tokens/add                      users    400
POST /admin/tokens/revoke                   users    303
GET  /certificate                           public   404
GET  /certificate/ca.crt                    public   404
POST /api/login                             public   400
POST /api/logout                            own      204
GET  /api/session                           own      200
POST /api/second-factor                     own      400
POST /api/passkeys/registration             own      409
POST /api/passkeys/confirmation             own      409
POST /api/passkeys/sign-in                  public   409
GET  /api/board                             alarms   200
GET  /api/rooms                             alarms   200
GET  /api/nodes                             alarms   200
POST /api/rooms/{room:str}/pause            answer   404
POST /api/rooms/{room:str}/resume           answer   404
GET  /api/alarms                            alarms   200
GET  /api/alarms/{alarm_id:str}             alarms   404
POST /api/alarms/{alarm_id:str}/acknowledge answer   404
POST /api/alarms/{alarm_id:str}/there       answer   404
POST /api/alarms/{alarm_id:str}/resolve     answer   400
POST /api/alarms/{alarm_id:str}/record      answer   404
POST /api/alarms/{alarm_id:str}/pause       answer   404
POST /api/falls                             answer   400
GET  /api/snoozes                           alarms   200
POST /api/snoozes                           answer   400
POST /api/snoozes/{snooze:str}/end          answer   409
GET  /api/handover                          alarms   200
POST /api/handover                          answer   400
POST /api/duty/off                          answer   204
POST /api/duty/on                           answer   204
GET  /api/openapi.json                      alarms   200
GET  /api                                   alarms   200
GET  /api/{path:str}                        alarms   404
GET  /burden                                reports  200
GET  /burden.json                           reports  200
GET  /burden.pdf                            reports  200
POST /burden/accept                         care     409
POST /burden/take-back                      care     409
POST /burden/shadow                         care     409
POST /burden/end-shadow                     care     409
POST /burden/ask                            logs     409
POST /burden/grant                          logs     409
POST /burden/read                           logs     409
"""
"""Method, path, right, and the status for who has it and sends an empty form or body."""

STATUS_OF = {
    ("POST", "/device/sign-in"): {"device": 401},
    # Who is signed in is led on; a shared screen may still be signed in to.
    ("GET", "/login"): dict.fromkeys(("metrics", *ORDER[2:]), 303),
}
"""Where who has the right is answered differently by role."""


def rows() -> list[tuple[str, str, str, int]]:
    """Return `ENDPOINTS` as method, path, right and status."""
    lines = [line.split() for line in ENDPOINTS.strip().splitlines()]
    return [(method, path, right, int(status)) for method, path, right, status in lines]


def holders(right: str) -> set[str]:
    """Return the roles that have `right`."""
    return {role for role, x in zip(ORDER, ROLES[right].split(), strict=True) if x == "x"}
