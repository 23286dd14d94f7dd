"""The switch under test and the count of what holds; imported by the scripts of this folder."""
import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
program = os.path.join(root, "p4", "p4runtime-conformance.p4")
softipu = ["node", os.path.join(root, "dist", "cli", "main.js")]


class Switch:
    """`softipu switch` with two memory ports and no program, as a child; `address` is where it serves."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="softipu-foreign-")
        atexit.register(self.stop)
        self.address = f"127.0.0.1:{free_port()}"
        self.p4info = self.compile("p4info.txt", "--emit", "p4info")
        self.config = self.compile("program.wasm", "--emit", "wasm")
        self.log = open(os.path.join(self.directory, "log"), "w")
        command = [*softipu, "switch", "-i", "0@memory", "-i", "1@memory", "--p4runtime", self.address]
        self.child = subprocess.Popen([*command, "-s", os.path.join(self.directory, "control.sock")], stderr=self.log)
        deadline = time.time() + 30
        while not listens(self.address):
            if self.child.poll() is not None or time.time() > deadline:
                sys.exit("the switch did not start: " + open(self.log.name).read())
            time.sleep(0.05)

    def compile(self, name, *options):
        path = os.path.join(self.directory, name)
        subprocess.run([*softipu, "compile", program, *options, "-o", path], check=True)
        return path

    def stop(self):
        child = getattr(self, "child", None)
        if child and child.poll() is None:
            child.terminate()
            child.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)


class Steps:
    """Runs steps by name and counts them; an assertion that fails, or any other exception, is a failure of the step."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name):
        def run(step):
            try:
                step()
                self.passed += 1
                print(f"ok    {name}", flush=True)
            except Exception as error:  # a client library may throw anything
                self.failed += 1
                print(f"FAIL  {name}: {type(error).__name__}: {error}", flush=True)

        return run

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(address):
    host, port = address.rsplit(":", 1)
    with socket.socket() as s:
        return s.connect_ex((host, int(port))) == 0


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"
