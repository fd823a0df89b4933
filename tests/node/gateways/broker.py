"""Mosquitto out of Debian, with TLS, a user and a certificate of its own; and who signs them."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

from ambient.evaluate.ports import free_port
from tests.patience import PATIENCE_S

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
USER, PASSWORD = "node", "correct horse"

CONFIG = """
listener {port} 127.0.0.1
certfile {folder}/broker.pem
keyfile {folder}/broker.key
cafile {folder}/ca.pem
require_certificate {require}
use_identity_as_username {require}
allow_anonymous {anonymous}
password_file {folder}/passwords
persistence true
persistence_location {folder}/
max_queued_messages 0
max_inflight_messages 200
log_dest none
"""


class Signer:
    """A certificate authority of one test."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca = folder / f"{name}.pem"
        made = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.ca.write_bytes(self._sign(made))

    def sign(self, name: str, host: str | None = None) -> tuple[Path, Path]:
        """Return files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(subject, key)
        if host is not None:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
            made = made.add_extension(names, critical=False)
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        paths[0].write_bytes(self._sign(made))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        paths[1].chmod(0o600)
        return paths

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _sign(self, made: x509.CertificateBuilder) -> bytes:
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Broker:
    """One Mosquitto on a loopback port."""

    def __init__(self, folder: Path, *, certificates: bool = False) -> None:
        assert MOSQUITTO is not None
        self.folder = folder
        self.signer = Signer(folder)
        self.signer.sign("broker", "127.0.0.1")
        self.client = self.signer.sign("n-1")
        self.password = folder / "password"
        self.password.write_text(f"{PASSWORD}\n")
        self.password.chmod(0o600)
        hashed = folder / "passwords"
        hashed.write_text(f"{USER}:{PASSWORD}\n")
        hashed.chmod(0o600)
        passwd = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
        subprocess.run([passwd, "-U", str(hashed)], check=True, capture_output=True)
        self.port = free_port()
        text = CONFIG.format(
            port=self.port,
            folder=folder,
            require=str(certificates).lower(),
            anonymous=str(certificates).lower(),
        )
        # Started as root it would give up its rights, and with them the keys of this folder.
        user = "user root\n" if _is_root() else ""
        (folder / "mosquitto.conf").write_text(user + text)
        self._certificates = certificates
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens."""
        assert MOSQUITTO is not None
        command = [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, "mosquitto does not start"
                assert time.monotonic() < end, "mosquitto does not listen"
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop; what its sessions hold is written to its folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def publish(self, *messages: tuple[str, bytes], retain: bool = False) -> None:
        """Publish with QoS 1, and return when the broker has all."""
        client = paho.Client(CallbackAPIVersion.VERSION2)
        context = ssl.create_default_context(cafile=str(self.signer.ca))
        if self._certificates:
            context.load_cert_chain(*map(str, self.client))
        else:
            client.username_pw_set(USER, PASSWORD)
        client.tls_set_context(context)
        client.max_inflight_messages_set(1000)
        ready = threading.Event()
        client.on_connect = lambda *_: ready.set()
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        assert ready.wait(PATIENCE_S)
        sent = [client.publish(topic, data, qos=1, retain=retain) for topic, data in messages]
        for one in sent:
            one.wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()


def _is_root() -> bool:
    import os

    return os.geteuid() == 0
