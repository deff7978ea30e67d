"""A real mail server for the tests: prints its port, then one JSON line for each message it took.

What arrives is read by Python's own e-mail package, so that our MIME is judged by somebody else's eyes, and its signature by dkimpy.
Needs aiosmtpd and dkimpy (see CONTRIBUTING.md); runs until its standard input closes.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys
from email.header import decode_header, make_header

import dkim
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Post:
    """Takes, refuses, defers or dawdles, as told on the command line."""

    def __init__(self, options):
        self.options = options
        self.taken = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if self.options.refuse_mail:
            return self.options.refuse_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.say_rcpt:
            return self.options.say_rcpt
        if self.options.refuse_rcpt or address == self.options.unknown:
            return f"{self.options.refuse_rcpt or 550} 5.1.1 <{address}> is unknown here"
        if self.options.defer:
            return f"{self.options.defer} 4.3.0 <{address}> later, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        if self.options.refuse_data:
            return self.options.refuse_data
        if self.options.hang_first and self.taken == 1:
            await asyncio.sleep(self.options.hang_first)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        say(
            {
                "mail_from": envelope.mail_from,
                "rcpt_tos": envelope.rcpt_tos,
                "rcpt_said": session.rcpt_said,
                "tls": server.transport.get_extra_info("sslcontext") is not None,
                "user": getattr(session, "auth_data", None) and session.auth_data.login.decode(),
                "hello": session.host_name,
                "peer_port": session.peer[1],
                "headers": {name.lower(): str(value) for name, value in message.items()},
                # By its older reader: the newer one leaves the blanks between encoded words in a name (RFC 2047 §6.2 takes them out).
                "from_name": str(make_header(decode_header(email.message_from_bytes(envelope.content)["From"]))),
                "defects": [str(defect) for part in message.walk() for defect in part.defects],
                "text": plain and plain.get_payload(decode=True).decode(),
                "html": html and html.get_payload(decode=True).decode(),
                "dkim": self.options.dkim and judge(envelope.original_content, *self.options.dkim),
                "raw": base64.b64encode(envelope.original_content).decode(),
            }
        )
        return f"250 2.0.0 Ok: queued as TEST{self.taken}"


class Server(SMTP):
    """Remembers the recipient as it stood on the wire; aiosmtpd itself takes the quotes off."""

    async def smtp_RCPT(self, arg):
        self.session.rcpt_said = arg
        await super().smtp_RCPT(arg)


def judge(message, name, record):
    """Whether the signature holds, and whether it still would after what somebody on the way might do."""

    def verifies(message):
        def look_up(asked, timeout=5):
            return record.encode() if asked.decode().rstrip(".") == name else None

        return dkim.verify(message, dnsfunc=look_up)

    head, body = message.split(b"\r\n\r\n", 1)
    return {
        "as_sent": verifies(message),
        "with_blanks": verifies(head + b"\r\n\r\n" + body + b"\r\n \r\n"),
        "another_text": verifies(head + b"\r\n\r\nx" + body),
        "another_subject": verifies(head.replace(b"\r\nSubject: ", b"\r\nSubject: x", 1) + b"\r\n\r\n" + body),
        "second_from": verifies(b"From: eve@example.com\r\n" + message),
        "second_from_below": verifies(head + b"\r\nFrom: eve@example.com\r\n\r\n" + body),
        "second_subject": verifies(b"Subject: hello\r\n" + message),
    }


def say(thing):
    print(json.dumps(thing), flush=True)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--starttls", action="store_true", help="demand STARTTLS")
    parser.add_argument("--tls", action="store_true", help="TLS from the first byte")
    parser.add_argument("--cert", help="PEM file")
    parser.add_argument("--key", help="PEM file")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    parser.add_argument("--refuse-rcpt", metavar="CODE")
    parser.add_argument("--unknown", metavar="ADDRESS", help="only this one is refused")
    parser.add_argument("--defer", metavar="CODE")
    parser.add_argument("--refuse-mail", metavar="REPLY", help="what is said to MAIL")
    parser.add_argument("--refuse-data", metavar="REPLY", help="what is said at the end of a message")
    parser.add_argument("--say-rcpt", metavar="REPLY", help="what is said to RCPT")
    parser.add_argument("--dkim", nargs=2, metavar=("NAME", "RECORD"), help="the key in the DNS to judge signatures by")
    parser.add_argument("--port", type=int, default=0, help="this one instead of any that is free")
    parser.add_argument("--hang-first", type=float, metavar="SECONDS", help="answer the first message late")
    options = parser.parse_args()

    context = None
    if options.starttls or options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)

    def authenticator(server, session, envelope, mechanism, data):
        user, password = options.auth.split(":", 1)
        good = data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=good, handled=False, auth_data=data)

    post = Post(options)

    def connection():
        return Server(
            post,
            tls_context=context if options.starttls else None,
            require_starttls=options.starttls,
            authenticator=authenticator if options.auth else None,
            auth_required=bool(options.auth),
            auth_require_tls=options.starttls,
            enable_SMTPUTF8=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", options.port, ssl=context if options.tls else None)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
