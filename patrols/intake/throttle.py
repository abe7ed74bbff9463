"""Slows down whoever tries tokens.  Pure: the clock is given.

Many phones share one address (a mobile operator's), so a token that was right a while ago is never
held up for its neighbours' mistakes.
"""

from collections import OrderedDict

WRONG_A_MINUTE = 30
MINUTE_S = 60.0
MOST_ADDRESSES = 10_000
MOST_TOKENS = 100_000


class Throttle:
    """Counts wrong tokens of each address within a minute."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._right: OrderedDict[str, None] = OrderedDict()

    def wait_s(self, address: str, token_hash: str, now_s: float) -> int:
        """How many seconds to wait before this token is looked at; 0: none."""
        since, count = self._wrong.get(address, (now_s, 0))
        left = since + MINUTE_S - now_s
        if count < WRONG_A_MINUTE or left <= 0 or token_hash in self._right:
            return 0
        return int(left) + 1

    def note_wrong(self, address: str, token_hash: str, now_s: float) -> None:
        self._right.pop(token_hash, None)
        since, count = self._wrong.pop(address, (now_s, 0))
        if now_s - since >= MINUTE_S:
            since, count = now_s, 0
        self._wrong[address] = (since, count + 1)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)

    def note_right(self, token_hash: str) -> None:
        self._right[token_hash] = None
        self._right.move_to_end(token_hash)
        if len(self._right) > MOST_TOKENS:
            self._right.popitem(last=False)
