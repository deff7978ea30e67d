"""Hands a message on by LMTP with Python's own client, as a mail server would: the message on standard input, the answer as one line of JSON.

Usage: lmtp_send.py PORT SENDER RECIPIENT
"""

import json
import smtplib
import sys

port, sender, recipient = sys.argv[1:]
message = sys.stdin.buffer.read()
with smtplib.LMTP("127.0.0.1", int(port), local_hostname="mx.example.jp") as client:
    try:
        client.sendmail(sender, [recipient], message)
        answer = {"code": 250}
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = refused.recipients[recipient]
        answer = {"code": code, "text": text.decode()}
    except smtplib.SMTPResponseException as refused:
        answer = {"code": refused.smtp_code, "text": refused.smtp_error.decode()}
print(json.dumps(answer))
