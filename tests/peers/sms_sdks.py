"""The vendors' own libraries for SMS (twilio, vonage, boto3), for the tests: they send to a double, and judge what we sign and verify.

Reads one JSON object a line from standard input ({"do": …}), does it, and prints one JSON object. Ends when standard input closes.
"""

import datetime
import json
import os
import sys

# Nothing of this machine's own setting up has a say.
for name in list(os.environ):
    if name.upper().endswith("_PROXY") or name.startswith("AWS_"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import jwt
import requests
import twilio.base.exceptions
import twilio.request_validator
import twilio.rest
import vonage
import vonage_http_client.errors
import vonage_jwt
import vonage_messages


def twilio_send(base, account, token, fields, key=None, secret=None):
    client = twilio.rest.Client(key or account, secret or token, account)
    client.api.base_url = base
    try:
        message = client.messages.create(**fields)
    except twilio.base.exceptions.TwilioRestException as error:
        return {"status": error.status, "code": error.code}
    return {"sid": message.sid, "state": str(message.status)}


def twilio_sign(token, url, fields):
    return {"signature": twilio.request_validator.RequestValidator(token).compute_signature(url, fields)}


def twilio_judge(token, url, fields, signature):
    return {"genuine": twilio.request_validator.RequestValidator(token).validate(url, fields, signature)}


class InTheClear(requests.adapters.HTTPAdapter):
    """The library speaks https only; the double is on this machine and has no certificate."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def vonage_send(host, key, secret, fields):
    auth = vonage.Auth(api_key=key, api_secret=secret)
    client = vonage.Vonage(auth, vonage.HttpClientOptions(api_host=host))
    client.http_client._session.mount("https://", InTheClear())
    try:
        sent = client.messages.send(vonage_messages.Sms(**fields))
    except vonage_http_client.errors.HttpRequestError as error:
        return {"status": error.response.status_code}
    return {"message_uuid": sent.message_uuid}


def vonage_token(claims, secret):
    return {"token": jwt.encode(claims, secret, algorithm="HS256")}


def vonage_judge(token, secret):
    # The library holds `iat` and `exp` against this machine's clock, where a story has another: only the signature is asked for.
    try:
        return {"genuine": vonage_jwt.verify_signature(token, secret)}
    except vonage_jwt.VonageVerifyJwtError as error:
        return {"genuine": "ImmatureSignature" in str(error) or "ExpiredSignature" in str(error)}


def sns_send(url, region, access_key, secret_key, to, text, sender):
    client = boto3.client(
        "sns",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    attributes = {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": sender}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    try:
        sent = client.publish(PhoneNumber=to, Message=text, MessageAttributes=attributes)
    except botocore.exceptions.ClientError as error:
        return {"status": error.response["ResponseMetadata"]["HTTPStatusCode"], "code": error.response["Error"]["Code"]}
    return {"message_id": sent["MessageId"]}


def sigv4(url, region, access_key, secret_key, content_type, body, at):
    """The header that botocore writes for this request at this time."""
    now = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    clock, botocore.auth.get_current_datetime = botocore.auth.get_current_datetime, lambda *_, **__: now
    request = botocore.awsrequest.AWSRequest("POST", url, {"Content-Type": content_type}, body.encode())
    credentials = botocore.credentials.Credentials(access_key, secret_key)
    botocore.auth.SigV4Auth(credentials, "sns", region).add_auth(request)
    botocore.auth.get_current_datetime = clock
    return {"authorization": request.headers["Authorization"], "date": request.headers["X-Amz-Date"]}


DEEDS = [twilio_send, twilio_sign, twilio_judge, vonage_send, vonage_token, vonage_judge, sns_send, sigv4]
DEEDS = {deed.__name__: deed for deed in DEEDS}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = DEEDS[asked.pop("do")](**asked)
    except Exception as error:  # told to the test, which fails by it
        answer = {"broke": repr(error)}
    print(json.dumps(answer), flush=True)
