"""Reading a device over ONVIF when somebody asks for it: what it is, and which streams it has.  No
Django; the libraries for it run in a process of their own that is killed when its time is over.
"""
