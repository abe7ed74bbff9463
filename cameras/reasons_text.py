"""Each reason in words: what it is, the likely cause, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cameras.probe.reason import Reason

Text = str | Promise


@dataclass(frozen=True, slots=True)
class ReasonText:
    """For people: a short name, the cause that fits best, and the next thing to try."""

    name: Text
    cause: Text
    remedy: Text


TEXTS: dict[Reason, ReasonText] = {
    Reason.OK: ReasonText(
        _("Answers"),
        _("The camera answers and describes a video stream."),
        _("Nothing to do."),
    ),
    Reason.OWN_TROUBLE: ReasonText(
        _("The monitoring server has trouble"),
        _(
            "The server itself lacks memory, ports, network or a name server, or cannot read the "
            "stored login."
        ),
        _("Look at the server first; this says nothing about the camera."),
    ),
    Reason.NOT_ALLOWED: ReasonText(
        _("Address not allowed"),
        _("Address or port lie outside of what this server may contact."),
        _(
            "Correct address and port, or have the administrator add the network to "
            "PROBE_NETWORKS, and network and port to the site."
        ),
    ),
    Reason.NAME_NOT_RESOLVED: ReasonText(
        _("Name not found"),
        _("No name server knows the camera's name."),
        _("Check the name in the registry and the name server, or enter the address instead."),
    ),
    Reason.NO_ROUTE: ReasonText(
        _("No route"),
        _("The network between here and the camera is broken, or the camera has no power."),
        _("Check its power and its switch port; look whether its neighbours are down too."),
    ),
    Reason.REFUSED: ReasonText(
        _("Connection refused"),
        _("The device is on, but nothing listens at the port."),
        _("Check the port, and whether the device is still starting or RTSP is switched off."),
    ),
    Reason.CONNECT_TIMEOUT: ReasonText(
        _("No answer"),
        _("No power, a broken line, or a firewall that drops everything."),
        _("Check power and network cable; look whether its neighbours are down too."),
    ),
    Reason.TLS_FAILED: ReasonText(
        _("No secure connection"),
        _("The port does not speak TLS, or only in a form that this server does not know."),
        _("Check the port of the encrypted stream, or switch TLS off for this camera."),
    ),
    Reason.SILENT: ReasonText(
        _("Connects but does not answer"),
        _("The device has hung up its video service, or is overloaded."),
        _("Restart the device; if it happens again, update its firmware."),
    ),
    Reason.HUNG_UP: ReasonText(
        _("Hangs up"),
        _("The device closes the connection, often because its connections are all taken."),
        _("Close other viewers or recorders; restart the device."),
    ),
    Reason.NOT_RTSP: ReasonText(
        _("Not a video service"),
        _("Something other than a camera answers at this address and port."),
        _("Check address and port in the registry; another device may have taken the address."),
    ),
    Reason.REJECTED: ReasonText(
        _("Request rejected"),
        _("The device answers with an error of its own."),
        _("Read the status in the detail; check the stream path and the device's access rules."),
    ),
    Reason.BUSY: ReasonText(
        _("Device busy"),
        _("All its sessions are taken."),
        _("Close other viewers or recorders, or raise the device's limit of sessions."),
    ),
    Reason.LOGIN_NEEDED: ReasonText(
        _("Login needed"),
        _("The camera asks for a login and none is stored."),
        _("Enter the camera's user name and password in the registry."),
    ),
    Reason.PLAIN_LOGIN_ONLY: ReasonText(
        _("Only an unsafe login is offered"),
        _("The camera wants the password in a readable or unknown form."),
        _("Switch the camera to Digest login, or allow the plain login for this camera."),
    ),
    Reason.WRONG_LOGIN: ReasonText(
        _("Wrong login"),
        _("The password was changed on the device, or was entered wrongly here."),
        _("Enter the right login. It is tried at most twice a day, so as not to lock the device."),
    ),
    Reason.LOCKED: ReasonText(
        _("Login locked or device busy"),
        _(
            "The login worked before and is refused now: too many wrong logins or viewers "
            "elsewhere, or the password has just been changed."
        ),
        _(
            "Wait half an hour, it is tried again by itself; close other clients that log in with "
            "an old password. If it stays, enter the new password."
        ),
    ),
    Reason.STREAM_NOT_FOUND: ReasonText(
        _("Stream not found"),
        _("The camera answers, but has no stream at this path."),
        _("Correct the stream path in the registry (it depends on the make)."),
    ),
    Reason.NO_VIDEO: ReasonText(
        _("No video in the stream"),
        _("The stream holds sound or data but no picture."),
        _("Switch the video of this channel on, or correct the channel in the path."),
    ),
    Reason.NOT_ONVIF: ReasonText(
        _("No ONVIF service"),
        _("Something answers at the ONVIF port, but not as ONVIF does."),
        _("Check the ONVIF port and path, and whether ONVIF is switched on in the device."),
    ),
    Reason.CLOCK_OFF: ReasonText(
        _("Clock off"),
        _("The device's clock differs from the server's: no time server, or the wrong time zone."),
        _(
            "Set the time server (NTP) and the time zone in the device; its recordings bear the "
            "wrong time."
        ),
    ),
    Reason.NO_FRAME: ReasonText(
        _("No picture came"),
        _("The camera answers all questions but sends no picture."),
        _("Restart the camera; check its encoder settings. Simulated cameras send no picture."),
    ),
    Reason.CAPTURE_FAILED: ReasonText(
        _("The picture could not be read"),
        _("What the camera sent could not be decoded in time."),
        _("Try again; if it happens again, check the codec of the stream (H.264 is safest)."),
    ),
    Reason.STORE_FAILED: ReasonText(
        _("The picture could not be stored"),
        _("The server's disk is full or cannot be written."),
        _("Free disk space on the server, then try again."),
    ),
    Reason.NOT_STARTED: ReasonText(
        _("The picture was not taken in time"),
        _("The process that takes pictures is busy or not running."),
        _("Try again in a minute; if it happens again, ask the administrator."),
    ),
    Reason.PICTURE_LOST: ReasonText(
        _("No signal in the picture"),
        _("The device answers, but sends a blue or black screen or a test card: its lens is off."),
        _("Check the lens's own cable and power at the recorder or encoder."),
    ),
    Reason.PICTURE_FLAT: ReasonText(
        _("Picture of one colour"),
        _("The lens is capped, pressed against something, or its sensor is dead."),
        _("Look at the camera on the spot; restart it; replace it if it stays so."),
    ),
    Reason.PICTURE_DARK: ReasonText(
        _("Picture too dark"),
        _("The infra-red lamp or the iris does not work, or the exposure is set wrongly."),
        _("Check exposure and infra-red lamp in the device; compare with the same hour before."),
    ),
    Reason.PICTURE_BRIGHT: ReasonText(
        _("Picture too bright"),
        _("The iris is stuck, the exposure is set wrongly, or a lamp shines into the lens."),
        _("Check exposure and backlight compensation; turn the camera out of the light."),
    ),
    Reason.PICTURE_LOW_CONTRAST: ReasonText(
        _("Picture without contrast"),
        _("The glass is fogged or dirty, or the infra-red lamp lights up the dome."),
        _('Clean glass and dome. In fog it goes by itself: then press "This is fine".'),
    ),
    Reason.PICTURE_BLURRED: ReasonText(
        _("Picture blurred"),
        _("The focus was lost, or the glass is wet or dirty."),
        _("Focus anew from the device's page; clean the glass."),
    ),
    Reason.PICTURE_COLOUR_CAST: ReasonText(
        _("Picture of a wrong colour"),
        _("The infra-red filter is stuck, or the white balance is off."),
        _("Switch between day and night in the device; set the white balance to automatic."),
    ),
    Reason.PICTURE_NOISE: ReasonText(
        _("Snow in the picture"),
        _("A bad cable or plug, or much too little light."),
        _("Check plugs and grounding; check the lamp at night."),
    ),
    Reason.PICTURE_STRIPES: ReasonText(
        _("Stripes in the picture"),
        _("The power supply or a ground loop disturbs the line, or the sensor is failing."),
        _("Check the power supply and the grounding; then replace the camera."),
    ),
    Reason.PICTURE_TORN: ReasonText(
        _("Picture torn"),
        _("Parts of the stream are lost on the way, or the encoder fails."),
        _("Check the line and its load; lower the bit rate; restart the device."),
    ),
    Reason.PICTURE_FROZEN: ReasonText(
        _("Picture frozen"),
        _("The device goes on sending one old picture: its encoder hangs."),
        _("Restart the device; if it happens again, update its firmware."),
    ),
    Reason.PICTURE_COVERED: ReasonText(
        _("Lens covered"),
        _("Something hangs or grows before the lens, or somebody has covered it."),
        _("Send somebody to look and to clear the view."),
    ),
    Reason.PICTURE_MOVED: ReasonText(
        _("Camera turned away"),
        _("It no longer looks where it did: it was knocked, turned or mounted anew."),
        _('Turn it back. If the new view is meant, press "This is fine".'),
    ),
    Reason.PICTURE_SHAKING: ReasonText(
        _("Picture shaking"),
        _("The pole or the bracket is loose, or machines shake it."),
        _("Fasten bracket and pole."),
    ),
    Reason.NOT_ASKED: ReasonText(
        _("Not asked"),
        _("Nobody has asked this camera for too long, so its state is not known."),
        _("Check that the poller is running and that the camera is enabled."),
    ),
}
"""Complete: a test compares it with the list of reasons."""


def reason_name(value: str) -> str:
    """The short name of a stored reason in the active language."""
    return str(TEXTS[Reason(value)].name)
