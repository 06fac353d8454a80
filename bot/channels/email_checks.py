"""What `policybot doctor` asks the mail server: whether it is reached, shows a valid certificate, and lets policybot sign in."""

import smtplib
import ssl

from bot.channels.checks import Check
from bot.channels.email import MailServer


def check_email(server: MailServer) -> list[Check]:
    """Return the check of the mail server, in one sentence that says what to do where it fails; nothing is sent."""
    where = f"{server.host}:{server.port}"
    try:
        with server.connected() as connection:
            connection.noop()
    except ssl.SSLCertVerificationError as error:
        return [(False, f"The certificate of the mail server at {where} is not valid ({error.verify_message}): ask who runs it.")]
    except smtplib.SMTPAuthenticationError as error:
        return [(False, f"The mail server does not take email.user and email.password ({error.smtp_code}): set them anew.")]
    except smtplib.SMTPNotSupportedError:
        return [
            (
                False,
                f"The mail server at {where} offers no encryption that begins with STARTTLS, or no sign-in: set email.encryption "
                "to tls with its port, or ask who runs it.",
            )
        ]
    except (smtplib.SMTPException, OSError) as error:
        return [
            (
                False,
                f"The mail server is not reached at {where} ({type(error).__name__}): check email.host, email.port and "
                "email.encryption, and this machine's way to it.",
            )
        ]
    signed_in = "takes email.user and email.password" if server.user else "wants no sign-in"
    return [(True, f"The mail server is reached at {where}, and {signed_in}.")]
