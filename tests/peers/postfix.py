"""A Postfix of its own for one test: takes mail by SMTP, delivers to nobody, and hands what comes back on by LMTP.

Usage: postfix.py LMTP-PORT, as root, with Debian's package `postfix`. Prints one JSON line with its port once it listens, and ends with its standard
input. Everything lies in a folder of its own that goes away with it.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/lib
config_directory = {home}/etc
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mx.example.jp
mydestination = example.jp
# Takes every local name, so that it finds out only later that nobody has it.
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = bounce.example.jp
transport_maps = inline:{{ bounce.example.jp=lmtp:inet:127.0.0.1:{lmtp} }}
smtp_dns_support_level = disabled
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port, home):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    log = home / "mail.log"
    sys.exit(log.read_text() if log.exists() else "Postfix does not listen")


def main():
    home = pathlib.Path(tempfile.mkdtemp(prefix="aikagi-postfix-"))
    home.chmod(0o755)
    for folder in ("etc", "spool", "lib"):
        (home / folder).mkdir()
    shutil.chown(home / "lib", "postfix")
    port = free_port()
    (home / "etc/main.cf").write_text(MAIN.format(home=home, lmtp=sys.argv[1]))
    (home / "etc/master.cf").write_text(MASTER.format(port=port))
    postfix = ["postfix", "-c", str(home / "etc")]
    try:
        subprocess.run([*postfix, "start"], check=True, stdout=sys.stderr)
        wait_for(port, home)
        print(json.dumps({"port": port}), flush=True)
        sys.stdin.read()
    finally:
        subprocess.run([*postfix, "stop"], check=False, stdout=sys.stderr)
        print((home / "mail.log").read_text() if (home / "mail.log").exists() else "", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)


main()
