"""Made ways of people, in metres on a plane."""

from typing import Any

import numpy as np

from patrols.track import Fixes

START = 1_764_000_000.0
NOW = START + 86_400


def fixes(t: Any, x: Any, y: Any, accuracy_m: Any = 8.0, **given: Any) -> Fixes:
    """Arrays of one length; what is one number holds for all.  t: seconds after START."""
    t = START + np.asarray(t, float)
    whole = {"is_mock": False, "is_nowhere": False} | given
    return Fixes(
        t=t,
        x=np.broadcast_to(np.asarray(x, float), t.shape),
        y=np.broadcast_to(np.asarray(y, float), t.shape),
        accuracy_m=np.broadcast_to(np.asarray(accuracy_m, float), t.shape),
        **{name: np.broadcast_to(np.asarray(value), t.shape) for name, value in whole.items()},
    )


def walk(count: int, *, every_s: float = 10, speed_ms: float = 1.2, noise_m: float = 0) -> Fixes:
    """To the east, from 0,0."""
    t = np.arange(count) * every_s
    chance = np.random.default_rng(1)
    x = t * speed_ms + chance.normal(0, noise_m, count)
    return fixes(t, x, chance.normal(0, noise_m, count))


def drift(count: int, *, every_s: float = 10, spread_m: float = 12) -> Fixes:
    """A phone that lies still: each fix keeps nine tenths of the error before it."""
    chance = np.random.default_rng(2)

    def wander() -> Any:
        at = np.zeros(count)
        for n in range(1, count):
            at[n] = 0.9 * at[n - 1] + chance.normal(0, spread_m * np.sqrt(1 - 0.81))
        return at

    return fixes(np.arange(count) * every_s, wander(), wander(), 15.0)
