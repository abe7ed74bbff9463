"""The two processes that work without end, and what each is made of: the poller asks, the
photographer takes pictures.  They hold sockets and a thread for the database; what a result means
is decided in `services` and in pure modules.
"""
