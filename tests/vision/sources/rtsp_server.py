"""An RTSP camera with picture and sound, for tests; runs under Debian's own Python.

Needs ``python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly``.
Prints ``PORT n``, then a line for each request that it gets.
"""

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! "
    "rtph264pay config-interval=1 name=pay0 pt=96 "
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! "
    "rtppcmapay name=pay1 pt=8 )"
)
REQUESTS = ("describe-request", "setup-request", "play-request")


def main() -> None:
    Gst.init(None)
    for element in ("x264enc", "rtph264pay", "alawenc"):
        if Gst.ElementFactory.find(element) is None:
            raise SystemExit(f"no {element}")
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    server.get_mount_points().add_factory("/cam", factory)

    def connected(_: object, client: GstRtspServer.RTSPClient) -> None:
        for request in REQUESTS:
            client.connect(
                request, lambda _, context, name=request: print(name, path(context), flush=True)
            )

    server.connect("client-connected", connected)
    server.attach(None)
    print("PORT", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def path(context: GstRtspServer.RTSPContext) -> str:
    return context.uri.get_request_uri().rsplit("/cam", 1)[-1] if context.uri else ""


if __name__ == "__main__":
    main()
