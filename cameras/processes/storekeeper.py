"""Whether pictures can be stored: tried before there is trouble, said once while there is."""

import asyncio
import logging
import secrets
from pathlib import Path

from django.utils import timezone

from cameras import services
from cameras.picture.order import CaptureFailed, Shot
from cameras.probe.reason import Reason
from cameras.processes import shelf
from cameras.processes.database import DatabaseThread
from gis_server.disk import NoRoom

logger = logging.getLogger(__name__)


class Storekeeper:
    """The store of one process.  trouble: why nothing can be stored now; empty when all is well."""

    def __init__(self, root: Path, database: DatabaseThread, site: str) -> None:
        self.trouble = ""
        self._root, self._database, self._site = root, database, site
        self._said: bool | None = None
        """Whether the site's notice is open, as far as we have told; another process may have."""

    async def look(self) -> None:
        """See whether anything can be stored.  Raises DatabaseAway."""
        await self._find(await asyncio.to_thread(shelf.trouble, self._root))

    async def refuse_in_trouble(self) -> None:
        """Look once more while there is trouble: it may be over.

        Raises:
            CaptureFailed: STORE_FAILED.
            DatabaseAway: that, too.
        """
        if self.trouble:
            await self.look()
        if self.trouble:
            raise CaptureFailed(Reason.STORE_FAILED, self.trouble)

    async def put(self, shot: Shot, *, name: str) -> shelf.Put:
        """Store a picture.  Raises CaptureFailed: STORE_FAILED."""
        try:
            return await asyncio.to_thread(
                shelf.put,
                shot.jpeg,
                shot.thumb_jpeg,
                root=self._root,
                name=f"{name}-{secrets.token_hex(3)}",
                taken_at=shot.taken_at,
            )
        except NoRoom as full:
            await self._find(str(full))
            raise CaptureFailed(Reason.STORE_FAILED, str(full)) from None

    async def take_away(self, put: shelf.Put) -> None:
        """Delete a picture that nobody is to know of."""
        await asyncio.to_thread(shelf.take_away, put, root=self._root)

    async def _find(self, trouble: str) -> None:
        self.trouble = trouble
        if self._said is bool(trouble):
            return
        if trouble:
            logger.warning("pictures cannot be stored: %s; none are taken until they can", trouble)
        elif self._said:
            logger.info("pictures can be stored again")
        await self._database.run(services.note_store, self._site, trouble, timezone.now())
        self._said = bool(trouble)
