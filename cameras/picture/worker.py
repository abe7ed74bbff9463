"""Decodes pictures and examines them.  Runs as a process of its own, with no Django, and knows
neither network nor login nor database: it gets coded pictures through a pipe and gives JPEGs back.

Standard input: one order after another (`frames`); standard output: one answer each.  The parent
may kill it at any moment.  What FFmpeg says while it decodes is evidence: it hands out damaged
frames like any other, and complains of them in its log alone.
"""

import contextlib
import ctypes
import io
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

# Read by OpenCV when it is loaded, or at every open.  What comes has its codec written on it, so
# nothing is guessed by decoding some of it; one thread, because there is one worker for each core.
os.environ |= {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "analyzeduration;0|probesize;32|protocol_whitelist;none",
    "OPENCV_FFMPEG_THREADS": "1",
    "OPENCV_FFMPEG_LOGLEVEL": "16",  # AV_LOG_ERROR
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_WIDTH": "16384",
    "OPENCV_IO_MAX_IMAGE_HEIGHT": "16384",
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(40_000_000),
    "OPENBLAS_NUM_THREADS": "1",
}
if __name__ == "__main__":
    # Isolated (-I), nothing of the project can be found before this.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
import numpy.fft
import numpy.linalg
import numpy.ma  # numpy loads these three when one of its own functions first wants them
import numpy.typing as npt

from cameras.picture import frames
from cameras.picture.baseline import Baseline, fresh
from cameras.picture.exam import Exam, Finding, NoPicture, examine, thumbnail
from cameras.picture.faults import Fault
from cameras.picture.image import Image, as_image, burned, small
from cameras.picture.rtp.matroska import MAX_MS, wrapped
from cameras.picture.rtp.track import Codec
from gis_server.confine import allow_cpu, confine, seal

MAX_PIXELS = 40_000_000
"""More than 8K; 16K is refused before it is unfolded."""
MAX_KEPT_BYTES = 400_000_000
JPEG_QUALITY = 88
THUMB_QUALITY = 80
TORN_SHARE = 0.25
"""One damaged picture in two seconds is a lost packet; every fourth one is a torn picture."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Refused(Exception):
    """There is no picture in this; the message says why."""


class Frame(NamedTuple):
    """A decoded picture, the ms it was at, and whether the decoder was content with it."""

    ms: int
    image: Image
    is_whole: bool


class Complaints:
    """What libraries print, caught in a pipe: standard output and standard error both lead here."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(write, False)  # whoever prints more than a pipe holds prints in vain
        for number in (1, 2):
            os.dup2(write, number)
        os.close(write)
        self._libc = ctypes.CDLL(None)

    def heard(self) -> bytes:
        """All that was printed since the last time, as far as the pipe held it."""
        self._libc.fflush(None)
        try:
            return os.read(self._read, 65536)
        except BlockingIOError:
            return b""


def decode(order: dict[str, Any], parts: list[bytes], complaints: Complaints) -> list[Frame]:
    """The wanted frames of coded pictures, of the last size that they had.

    Raises:
        Refused: none could be decoded.
    """
    listed = order["pictures"]
    wanted = {int(ms) for ms in order["wanted"]}
    torn_at = [int(ms) for ms, _, torn in listed if torn]
    key_at = [int(ms) for ms, key, _ in listed if key]
    pictures = [
        (min(int(ms), MAX_MS), bool(key), data)
        for (ms, key, _), data in zip(listed, parts, strict=True)
    ]
    source: Any = io.BytesIO(wrapped(Codec(order["codec"]), pictures))
    complaints.heard()
    found: list[Frame] = []
    # The source must outlive the capture: OpenCV reads from it and does not hold it.
    capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [])
    try:
        refuse_oversize(capture)
        for ms in grabbed(capture):
            if complaints.heard():
                torn_at.append(ms)
            if ms in wanted and (image := retrieved(capture)) is not None:
                keep(found, Frame(ms, image, is_whole=True))
        if complaints.heard():
            torn_at.append(found[-1].ms if found else 0)
    finally:
        capture.release()
    if not found:
        raise Refused("nothing that came could be decoded")
    return [frame._replace(is_whole=not is_torn(frame.ms, torn_at, key_at)) for frame in found]


def refuse_oversize(capture: Any) -> None:
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if width * height > MAX_PIXELS:
        raise Refused(f"a picture of {width:.0f} x {height:.0f} is larger than is taken here")


def grabbed(capture: Any) -> Any:
    """The ms of each frame, as it is decoded."""
    while capture.grab():
        yield round(capture.get(cv2.CAP_PROP_PTS))


def retrieved(capture: Any) -> Image | None:
    ok, image = capture.retrieve()
    if not ok or image is None or not image.size:
        return None
    if image.shape[0] * image.shape[1] > MAX_PIXELS:
        raise Refused(f"a picture of {image.shape[1]} x {image.shape[0]} is larger than is taken")
    try:
        return as_image(image)
    except NoPicture:
        return None


def keep(found: list[Frame], frame: Frame) -> None:
    """Add a frame.  When the size has changed, those before are of another picture; what is too
    large to be kept many times makes room.
    """
    if found and found[-1].image.shape != frame.image.shape:
        found.clear()
    found.append(frame)
    while len(found) > 2 and len(found) * frame.image.nbytes > MAX_KEPT_BYTES:
        del found[1]


def is_torn(ms: int, torn_at: list[int], key_at: list[int]) -> bool:
    """Whether a frame is damaged: it, or one that it builds on, since the last key."""
    key = max((at for at in key_at if at <= ms), default=0)
    return any(key <= at <= ms for at in torn_at)


def decode_jpeg(parts: list[bytes], times_ms: list[int]) -> list[Frame]:
    """Pictures that came as JPEG files.  Raises Refused."""
    found: list[Frame] = []
    for data, ms in zip(parts, times_ms, strict=True):
        image = None
        # An end that is missing is filled up with grey, and nobody complains.
        is_whole = data.rstrip(b"\0\r\n").endswith(b"\xff\xd9")
        with contextlib.suppress(cv2.error, NoPicture):
            raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            image = None if raw is None else as_image(raw)
        if image is not None:
            keep(found, Frame(ms, image, is_whole))
    if not found:
        raise Refused("what came is no picture that can be read")
    return found


def answer(order: dict[str, Any], parts: list[bytes], complaints: Complaints) -> Any:
    """The head and the parts of the answer to one order."""
    if order["codec"] == "file":
        complaints.heard()
        decoded = decode_jpeg(parts, [int(ms) for ms in order["wanted"]])
        if complaints.heard():
            decoded = [frame._replace(is_whole=False) for frame in decoded]
    else:
        decoded = decode(order, parts, complaints)
    whole = [frame for frame in decoded if frame.is_whole]
    torn = len(decoded) - len(whole)
    chosen = whole or decoded
    head: dict[str, Any] = {"frames": len(decoded), "torn": torn, "ms": chosen[-1].ms}
    if not whole and not order["keep_torn"]:
        return head | {"torn_only": True}, []
    masks = [[(float(x), float(y)) for x, y in polygon] for polygon in order["masks"]]
    if order["exam"]:
        head["exam"] = exam_of(order, chosen, torn / len(decoded), masks).to_json()
    shown = burned(chosen[-1].image, masks)
    pictures = [jpeg_of(shown, JPEG_QUALITY), jpeg_of(thumbnail(shown), THUMB_QUALITY)]
    pictures.append(png_of(shown) if order["exam"] else b"")
    return head | {"height": shown.shape[0], "width": shown.shape[1]}, pictures


def exam_of(order: dict[str, Any], chosen: list[Frame], torn_share: float, masks: Any) -> Exam:
    """What is found in the frames, and that they were torn, where the decoder said so."""
    baseline = Baseline.from_json(order["baseline"]) if order["baseline"] else None
    times_s = [frame.ms / 1000 for frame in chosen]
    exam = examine([f.image for f in chosen], times_s, baseline=baseline, masks=masks)
    if torn_share < TORN_SHARE or any(f.fault is Fault.TORN for f in exam.findings):
        return exam
    detail = f"the decoder found {torn_share:.0%} of the pictures damaged"
    torn = Finding(Fault.TORN, min(1.0, max(torn_share, TORN_SHARE)), TORN_SHARE, detail)
    return Exam(exam.measures, (torn, *exam.findings))


def jpeg_of(image: npt.NDArray[np.uint8], quality: int) -> bytes:
    encoded, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not encoded:
        raise Refused(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def png_of(shown: Image) -> bytes:
    """The small grey copy that baselines are learnt from."""
    grey = cv2.cvtColor(small(shown), cv2.COLOR_BGR2GRAY)
    encoded, data = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not encoded:
        raise Refused("the small copy could not be encoded")
    return data.tobytes()


def read_order(pipe: io.BufferedReader) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next order; None when the parent has none any more."""
    length = pipe.read(frames.LENGTH_BYTES)
    if len(length) < frames.LENGTH_BYTES:
        return None
    head, sizes = frames.read_head(pipe.read(frames.head_length(length)))
    return head, [pipe.read(size) for size in sizes]


def warm_up() -> None:
    """Load what libraries load at their first use, while files can still be opened: go every way
    that an order takes, with a picture that has something in it and with one that has nothing.
    """
    image: Image = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    image[:60] = cv2.GaussianBlur(image, (0, 0), 4)[:60]
    still, times_s = [image, np.roll(image, 3, axis=1), image], [0.0, 0.5, 1.0]
    baseline = fresh(examine(still, times_s), small(image), [])
    for pictures in (still, [np.zeros_like(image)] * 3, [image]):
        examine(pictures, times_s[: len(pictures)], baseline=baseline)
        Baseline.from_json(baseline.to_json())
    data = jpeg_of(burned(image, [[(0.0, 0.0), (0.5, 0.0), (0.5, 0.5)]]), JPEG_QUALITY)
    decode_jpeg([data], [0])
    thumbnail(image)
    png_of(image)
    source: Any = io.BytesIO(wrapped(Codec.JPEG, [(0, True, data)]))
    capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [])
    capture.read()
    capture.release()


def main() -> None:
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    complaints = Complaints()
    memory = os.open("/proc/self/statm", os.O_RDONLY)
    confine()
    cv2.setNumThreads(1)
    warm_up()
    seal()
    while (order := read_order(orders)) is not None:
        allow_cpu()
        began_s = time.process_time()
        try:
            head, pictures = answer(order[0], order[1], complaints)
        except Refused as refused:
            head, pictures = {"failure": str(refused)}, []
        except (MemoryError, cv2.error) as error:
            head, pictures = {"failure": f"too much for a capture: {type(error).__name__}"}, []
        pages = int(os.pread(memory, 100, 0).split()[1])
        head |= {
            "memory_bytes": pages * PAGE_BYTES,
            "cpu_s": round(time.process_time() - began_s, 4),
        }
        for piece in frames.packed(head, pictures):
            write_all(answers, piece)
    os._exit(0)


def write_all(pipe: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


if __name__ == "__main__":
    main()
