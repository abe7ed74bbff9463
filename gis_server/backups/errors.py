"""What ends a backup or a restore: each message is a sentence that an administrator can act on."""


class Refused(Exception):
    """It is not done; nothing that was there has changed."""


class Damaged(Refused):
    """A backup is not what it was when it was made."""
