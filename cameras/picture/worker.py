"""Takes one picture from one stream and ends.  Runs as a process of its own, with no Django.

Reads one JSON object from standard input: {"url", "open_ms", "read_ms"}.  The URL may hold a login,
so it comes through the pipe: never on a command line, where everybody could read it.
Writes one JSON line to standard output, {"width", "height"} or {"failure"}, and then the JPEG.

The parent may kill it at any moment.  It may not write files, and holds no secret but the URL.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
from typing import Any

# Read by OpenCV at every open.  TCP, because UDP tears pictures; a whitelist, because FFmpeg would
# open files and pipes; short analysis and one thread, because one frame is all that is wanted.
FFMPEG_OPTIONS = (
    "rtsp_transport;tcp|protocol_whitelist;rtsp,rtp,tcp,udp,rtsps,tls"
    "|analyzeduration;200000|probesize;65536|threads;1"
)
MAX_MEMORY_BYTES = 2 * 1024**3
MAX_CPU_S = 20
SKIPPED_FRAMES = 3  # the first frames after a join are often grey or torn
SKIP_FOR_S = 1.0  # but a stream of one frame a second is not worth waiting for three
OPEN_TRIES = 3
RETRY_AFTER_S = 0.4  # GStreamer answers 503 to a DESCRIBE that follows quickly on another
JPEG_QUALITY = 88
TEAR_DOWN_S = 0.5
PR_SET_PDEATHSIG = 1


def confine() -> None:
    """Give up what one capture does not need, and die with the parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def take(order: dict[str, Any]) -> tuple[dict[str, Any], bytes, Any]:
    """The head line, the JPEG (empty on failure), and the capture that is still open, if any."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG_OPTIONS
    os.environ["OPENCV_FFMPEG_THREADS"] = "1"
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
    import cv2  # noqa: PLC0415 - reads the environment above when it is loaded

    capture = open_stream(cv2, order)
    if capture is None:
        return {"failure": "the stream could not be opened"}, b"", None
    frame = read_frame(capture)
    if frame is None:
        return {"failure": "the stream was opened and sent no frame"}, b"", capture
    encoded, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        failure = f"a frame of shape {frame.shape} could not be encoded"
        return {"failure": failure}, b"", capture
    return {"width": frame.shape[1], "height": frame.shape[0]}, jpeg.tobytes(), capture


def open_stream(cv2: Any, order: dict[str, Any]) -> Any:
    """An open capture, or None.  Tries again when the device said no quickly."""
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        order["open_ms"],
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        order["read_ms"],
    ]
    began = time.monotonic()
    for _ in range(OPEN_TRIES):
        # One deadline for all tries: a silent device has used it up at the first.
        limits[1] = order["open_ms"] - int((time.monotonic() - began) * 1000)
        if limits[1] <= 0:
            return None
        capture = cv2.VideoCapture(order["url"], cv2.CAP_FFMPEG, limits)
        if capture.isOpened():
            return capture
        time.sleep(RETRY_AFTER_S)
    return None


def read_frame(capture: Any) -> Any:
    """The last frame of the first few, or None when none came whole."""
    began, last = time.monotonic(), None
    for _ in range(SKIPPED_FRAMES + 1):
        whole, frame = capture.read()
        if not whole or frame is None or not frame.size:
            break
        last = frame
        if time.monotonic() - began > SKIP_FOR_S:
            break
    return last


def tear_down(capture: Any) -> None:
    """End the session on the device (FFmpeg sends TEARDOWN): some keep sending to sessions that
    nobody ended.  The picture is out already, so a device that has gone costs TEAR_DOWN_S at most.
    """
    farewell = threading.Thread(target=capture.release, daemon=True)
    farewell.start()
    farewell.join(TEAR_DOWN_S)


def main() -> None:
    order = json.load(sys.stdin)
    confine()
    head, jpeg, capture = take(order)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + jpeg)
    sys.stdout.buffer.flush()
    if capture is not None:
        tear_down(capture)
    # Without the destructors of OpenCV and FFmpeg, which may wait for a device that has gone.
    os._exit(0)


if __name__ == "__main__":
    main()
