"""What can be measured of one picture: arrays in, numbers out.  Pure numpy and OpenCV.

All is measured on a copy of 640 × 360 pixels (`cameras.picture.image.small`); levels are of 255.
docs/design/picture-health.md says what each number is like in good pictures and in bad ones.
"""

import cv2
import numpy as np
import numpy.typing as npt

from cameras.picture.image import HEIGHT, WIDTH, Grey, Image

Plane = npt.NDArray[np.float32]
Blocks = npt.NDArray[np.float32]
"""One value for each block of the picture, shape (rows, columns)."""

BLOCK = 40
"""Side of the blocks, in pixels, in which parts of a picture are judged: 16 × 9 of them."""


def measured(image: Image) -> dict[str, float]:
    """All numbers of one picture of 640 × 360, by name.

    luma: mean brightness.  low, high: the levels below which 5 % and 95 % of pixels lie.  white:
    share of pixels at the white end.  flat: share of pixels whose surroundings hold nothing at
    all, not even noise.  palette: share of the picture that its eight commonest colours fill.
    sharpness: how steep edges are, 0 (washed out) to 1 (one pixel wide); left out where the picture
    has no edges.  tint_a, tint_b: the mean colour, in Lab, 0 for grey.  colour_spread: how much
    colours differ among each other, in Lab.  blue: by how many levels blue is above red.  noise:
    standard deviation of the noise.  stripes: amplitude of what repeats in all rows or columns.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    shares = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()) / grey.size
    grain = noise(grey)
    tint_a, tint_b, spread = colours(image)
    means = cv2.mean(image)
    numbers = {
        "luma": float(cv2.mean(grey)[0]),
        "low": float(np.searchsorted(shares, 0.05)),
        "high": float(np.searchsorted(shares, 0.95)),
        "white": float(max(0.0, 1 - shares[249])),
        "flat": flatness(grey),
        "palette": palette(image),
        "tint_a": tint_a,
        "tint_b": tint_b,
        "colour_spread": spread,
        "blue": float(means[0] - means[2]),
        "noise": grain,
        "stripes": stripes(grey),
    }
    sharp = sharpness(grey, grain)
    return numbers if sharp is None else numbers | {"sharpness": sharp}


def flatness(grey: Grey) -> float:
    """The share of pixels that equal all their neighbours to within one level."""
    kernel = np.ones((3, 3), np.uint8)
    span = cv2.subtract(cv2.dilate(grey, kernel), cv2.erode(grey, kernel))
    _, uneven = cv2.threshold(span, 1, 255, cv2.THRESH_BINARY)
    return 1 - cv2.countNonZero(uneven) / grey.size


def palette(image: Image) -> float:
    """The share of pixels that have one of the eight commonest of 4,096 colours.

    A screen that a device draws has few; a picture of the world has many, even in fog.
    """
    tiny = cv2.resize(image, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_NEAREST)
    parts = np.asarray(tiny, np.int32) >> 4
    codes = parts[:, :, 0] * 256 + parts[:, :, 1] * 16 + parts[:, :, 2]
    counts = np.bincount(codes.ravel(), minlength=4096)
    return float(np.partition(counts, -8)[-8:].sum() / codes.size)


def colours(image: Image) -> tuple[float, float, float]:
    """The mean colour (a and b of Lab, 0 for grey), and the mean distance of colours from it.

    By the ratio of both, casts are told from colourful scenes (Gasparini and Schettini, "Color
    balancing of digital photos using simple image statistics", 2004).  Pixels near black and white
    say nothing of colour.
    """
    tiny = cv2.resize(image, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(tiny, cv2.COLOR_BGR2LAB)
    chosen = lab[(lab[:, :, 0] > 25) & (lab[:, :, 0] < 245)]
    if len(chosen) < 100:
        return 0.0, 0.0, 0.0
    a, b = (chosen[:, 1:].astype(np.float32) - 128).T
    tint_a, tint_b = float(a.mean()), float(b.mean())
    return tint_a, tint_b, float(np.hypot(np.abs(a - tint_a).mean(), np.abs(b - tint_b).mean()))


NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def noise(grey: Grey) -> float:
    """The noise's standard deviation, in levels: the difference of two Laplacians answers to no
    plane or edge (Immerkær, "Fast noise variance estimation", 1996), the median to no detail.
    """
    answer = np.abs(cv2.filter2D(grey, cv2.CV_16S, NOISE_KERNEL)).astype(np.uint16)
    counts = cv2.calcHist([answer], [0], None, [1024], [0, 1024]).ravel()
    shares = np.cumsum(counts) / max(1.0, counts.sum())
    middle = int(np.searchsorted(shares, 0.5))
    before = shares[middle - 1] if middle else 0.0
    part = (0.5 - before) / max(1e-6, shares[middle] - before)
    return float(max(0.0, middle - 0.5 + part) / 0.6745 / 6)


def gradient(grey: Grey | Plane) -> Plane:
    """The steepness at each pixel, in levels a pixel."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def blocks_of(plane: Plane, side: int = BLOCK) -> npt.NDArray[np.float32]:
    """The pixels of each block: shape (rows, columns, side * side)."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, side * side)


def steepest(slope: Plane, side: int, pool: int) -> Blocks:
    """The mean of the four steepest of the cells of `pool` pixels of each block."""
    kernel = np.ones((pool, pool), np.uint8)
    cells = np.asarray(cv2.dilate(slope, kernel, anchor=(0, 0))[::pool, ::pool], np.float32)
    return np.asarray(
        np.partition(blocks_of(cells, side // pool), -4, axis=2)[:, :, -4:].mean(axis=2),
        np.float32,
    )


EDGE_LEVELS = 3.0
"""An edge is steeper than this at a quarter of the size, in levels a pixel, or than the noise."""
FEWEST_EDGED = 6


def sharpness(grey: Grey, grain: float) -> float | None:
    """How much of an edge's height one pixel takes, in the middle one of all blocks with edges.

    A step is as steep at full size as at a quarter of it, where a pixel is four; a washed-out one a
    quarter as steep.  By blocks, for the clock written into a blurred picture stays sharp.
    """
    fine = steepest(gradient(np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7), np.uint8)), BLOCK, 4)
    quarter = cv2.resize(grey, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
    coarse = steepest(gradient(np.asarray(quarter, np.uint8)), BLOCK // 4, 1)
    steep = coarse > max(EDGE_LEVELS, 1.5 * grain)
    if steep.sum() < FEWEST_EDGED:
        return None
    ratio = fine[steep] / coarse[steep]
    return float(np.clip((np.median(ratio) - 0.25) / 0.75, 0, 1))


STRIPS = 8
PERIODS = (5, 60)
"""Stripes repeat after so many pixels."""


def stripes(grey: Grey) -> float:
    """The amplitude of the strongest wave that runs through the whole picture, across or along."""
    down = cv2.resize(grey.astype(np.float32), (STRIPS, HEIGHT), interpolation=cv2.INTER_AREA)
    along = cv2.resize(grey.astype(np.float32), (WIDTH, STRIPS), interpolation=cv2.INTER_AREA)
    return max(wave(np.asarray(down, np.float32)), wave(np.asarray(along.T, np.float32)))


def wave(strips: Plane) -> float:
    """The amplitude, in levels, of the strongest wave that all strips (the columns) share."""
    length = strips.shape[0]
    window = np.hanning(length).astype(np.float32)[:, None]
    spectra = np.fft.rfft((strips - strips.mean(axis=0)) * window, axis=0)
    spectra = spectra[length // PERIODS[1] : length // PERIODS[0]]
    # What strips share in phase; a row of windows in some of them is no stripe.
    shared = np.sort(np.real(spectra * np.conj(phase_of(spectra))), axis=1)[:, 1]
    return float(max(0.0, shared.max()) * 4 / length)


def phase_of(spectra: npt.NDArray[np.complexfloating]) -> npt.NDArray[np.complexfloating]:
    total = spectra.sum(axis=1, keepdims=True)
    return np.asarray(total / np.maximum(np.abs(total), 1e-6))
