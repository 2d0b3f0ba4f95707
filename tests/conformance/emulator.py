"""The emulator as a program, for the length of a test class, and its control endpoints."""

import json
import os
import re
import subprocess
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("WORKSPACE", os.path.join(ROOT, "target", "debug", "workspace"))


class Emulator:
    def __init__(self, *arguments):
        command = [PROGRAM, "--bind", "127.0.0.1:0", "--speed", "200", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = ""
        while "requests:" not in said:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the emulator did not start: {said}")
            said += line

        def find(pattern):
            return re.search(pattern, said).group(1)

        self.url = find(r"workspace is at (\S+)")
        self.token = find(r"DATABRICKS_TOKEN=(\S+)")
        self.client_id = find(r"DATABRICKS_CLIENT_ID=(\S+)")
        self.client_secret = find(r"DATABRICKS_CLIENT_SECRET=(\S+)")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def control(self, method, noun, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_workspace/{noun}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def asked(self, pattern="*"):
        """`METHOD /path` of the requests that fit, and forgets all."""
        fitting = self.control("GET", "requests?match=" + urllib.request.quote(pattern))
        self.control("DELETE", "requests")
        return [f"{entry['method']} {entry['path']}" for entry in fitting]

    def unknown_routes(self):
        entries = self.control("GET", "requests")
        return [f"{entry['method']} {entry['path']}" for entry in entries if entry["unknown_route"]]


def bare_environment(home):
    """Nothing of the machine's own Databricks settings reaches a client."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABRICKS_")}
    return {**kept, "HOME": home}
