"""A stand-in for the Weights & Biases service, on this machine alone: what the real ``wandb`` programs send, it keeps.

It answers as much as ``wandb sweep``, ``wandb agent`` and online runs ask for. In a test::

    with Service() as service:
        subprocess.run([...], env=os.environ | service.environment)
        assert service.runs["abc"].summary["eval/w1"] < 1

By itself, until Ctrl-C or SIGTERM, with one line of JSON in FILE for everything of note that arrives::

    python tests/commands/wandb_service.py --port 8080 --log FILE --sweep-limit 4
"""

import argparse
import base64
import contextlib
import itertools
import json
import math
import random
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

KEY = "0123456789abcdef0123456789abcdef01234567"
ENTITY = "tester"


class Run:
    """One run: what has arrived of it.

    ``title`` is its name for people, ``history`` holds its logged rows, ``config`` its options, ``summary`` its newest
    figures, ``state`` how it stands.
    """

    def __init__(self, name, project):
        self.name, self.project = name, project
        self.title, self.sweep, self.tags, self.state, self.exitcode = None, None, [], "running", None
        self.raw_config, self.history, self.summary, self.files = {}, [], {}, {}

    @property
    def config(self):
        return {name: entry["value"] for name, entry in self.raw_config.items() if name != "_wandb"}

    @property
    def axes(self):
        """The figure that is the axis of others, by their pattern."""
        fields = self.raw_config["_wandb"]["value"]["m"]  # 1: name, 2: pattern, 5: axis, counted from 1
        return {field["2"]: fields[field["5"] - 1]["1"] for field in fields if "5" in field}

    def series(self, name, axis):
        """The pairs (axis, value) of a figure, in the order they arrived."""
        return [(row[axis], row[name]) for row in self.history if name in row]


class Sweep:
    """One sweep: its file, and the trials that agents have been given."""

    def __init__(self, name, project, text, limit):
        self.name, self.project, self.text = name, project, text
        self.config = yaml.safe_load(text)
        self.limit = limit if limit is not None else self.config.get("run_cap", math.inf)
        self.trials = {}
        self._points = points(self.config, random.Random(0))

    def next_trial(self):
        """The next run's name and parameters, or None when there are enough."""
        parameters = next(self._points, None) if len(self.trials) < self.limit else None
        if parameters is None:
            return None
        name = f"{self.name}-{len(self.trials)}"
        self.trials[name] = parameters
        return name, parameters


def points(config, source):
    """The parameters of trial after trial: a grid's in order, else random ones, without end."""
    parameters = config["parameters"]
    if config["method"] == "grid":
        choices = [spec.get("values", [spec.get("value")]) for spec in parameters.values()]
        return (dict(zip(parameters, chosen, strict=True)) for chosen in itertools.product(*choices))
    return ({name: draw(spec, source) for name, spec in parameters.items()} for _ in itertools.count())


def draw(spec, source):
    """A random value of one parameter of a sweep."""
    if "value" in spec:
        return spec["value"]
    if "values" in spec:
        return source.choice(spec["values"])
    low, high = spec["min"], spec["max"]
    if spec["distribution"] == "log_uniform_values":
        return math.exp(source.uniform(math.log(low), math.log(high)))
    return source.randint(low, high) if spec["distribution"] == "int_uniform" else source.uniform(low, high)


class Service:
    """The service, on a port of the loopback interface while its ``with`` block lasts.

    Args:
        port: to listen on; 0 for a free one.
        host: to listen on.
        sweep_limit: trials of each sweep before its agents are told to leave; None for the sweep's ``run_cap``.
        log: a text file for one line of JSON per event.

    ``answer`` set to a status such as 401 or 500 gives that to every request, and to ``"hang"`` gives none.
    """

    def __init__(self, port=0, host="127.0.0.1", sweep_limit=None, log=None):
        self.sweep_limit, self.log = sweep_limit, log
        self.answer = None
        self.runs, self.sweeps, self.agents, self.artifacts = {}, {}, {}, {}
        self.operations = []  # the names of GraphQL operations, in the order they arrived
        self.lock = threading.RLock()
        self._stops = set()
        self._closing = threading.Event()
        self.server = ThreadingHTTPServer((host, port), type("BoundHandler", (Handler,), {"service": self}))
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def environment(self):
        """The variables with which ``wandb`` finds this service and is let in."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": KEY, "WANDB_ENTITY": ENTITY}

    def stop(self, run):
        """Have the agent that works on a trial stop it."""
        self._stops.add(run)

    def note(self, event, **facts):
        if self.log is not None:
            self.log.write(json.dumps({"event": event} | facts) + "\n")
            self.log.flush()

    # What is asked for, by the name of the GraphQL operation.

    def execute(self, query, variables):
        """The data of the answer to one GraphQL request, or None for an operation that is not known here."""
        words = query.replace("(", " ").split()
        name = words[1] if len(words) > 1 else ""
        answer = getattr(self, "on_" + re.sub("(?<!^)(?=[A-Z])", "_", name).lower(), None)
        with self.lock:
            self.operations.append(name)
            self.note("operation", name=name)
            return None if answer is None else answer(variables)

    def on_viewer(self, _):
        viewer = {"id": "user", "entity": ENTITY, "username": ENTITY, "email": "tester@example.org", "flags": "{}"}
        return {"viewer": viewer | {"teams": {"edges": []}, "admin": False, "name": ENTITY}}

    def on_server_features_query(self, _):
        return {"serverInfo": {"features": []}}

    def on_run_resume_status(self, variables):
        run = self.runs.get(variables["name"])
        project = {"id": "project", "name": variables["project"], "entity": self._entity()}
        return {"model": project | {"bucket": None if run is None else self._stored(run)}}

    def on_upsert_bucket(self, variables):
        name = variables["name"] or variables["id"]
        known = name in self.runs
        run = self.runs.setdefault(name, Run(name, variables["project"]))
        run.title = variables.get("displayName") or run.title
        run.sweep = variables.get("sweep") or run.sweep
        run.tags = run.tags if variables.get("tags") is None else variables["tags"]
        run.raw_config |= json.loads(variables.get("config") or "{}")
        run.summary |= json.loads(variables.get("summaryMetrics") or "{}")
        run.state, run.exitcode = "running", None
        self.note("run", run=name, config=run.config, tags=run.tags, sweep=run.sweep)
        return {"upsertBucket": {"bucket": self._stored(run), "inserted": not known}}

    def on_create_run_files(self, variables):
        project, run = variables["project"], variables["run"]
        urls = [
            {"name": file, "uploadUrl": f"{variables['base']}/upload/{project}/{run}/{file}", "uploadHeaders": []}
            for file in variables["files"]
        ]
        return {"createRunFiles": {"runID": run, "uploadHeaders": [], "files": urls}}

    def on_create_artifact(self, variables):
        name = variables["input"]["artifactCollectionName"]
        number = f"artifact-{len(self.artifacts)}"
        self.artifacts[number] = variables["input"] | {"files": {}, "committed": False}
        self.note("artifact", name=name)
        artifact = {"id": number, "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": artifact}}

    def on_create_artifact_manifest(self, variables):
        return {"createArtifactManifest": {"artifactManifest": self._manifest(variables, "artifactID")}}

    def on_update_artifact_manifest(self, variables):
        return {"updateArtifactManifest": {"artifactManifest": self._manifest(variables, "artifactManifestID")}}

    def on_create_artifact_files(self, variables):
        nodes = []
        for file in variables["input"]["artifactFiles"]:
            number, name = file["artifactID"], file["name"]
            node = {"storagePath": name, "uploadUrl": f"{variables['base']}/artifact/{number}/{name}"}
            nodes.append(
                {"node": node | {"uploadHeaders": [], "uploadMultipartUrls": None, "artifact": {"id": number}}}
            )
        return {"createArtifactFiles": {"files": {"edges": nodes}}}

    def on_commit_artifact(self, variables):
        artifact = self.artifacts[variables["artifactID"]]
        artifact["committed"] = True
        return {"commitArtifact": {"artifact": {"id": variables["artifactID"], "digest": artifact["digest"]}}}

    def on_upsert_sweep(self, variables):
        project = variables.get("projectName") or "uncategorized"
        if variables.get("config"):
            name = f"sweep{len(self.sweeps)}"
            self.sweeps[name] = Sweep(name, project, variables["config"], self.sweep_limit)
            self.note("sweep", sweep=name, config=self.sweeps[name].config)
        else:
            name = variables["id"]
        sweep = {"name": name, "project": {"id": "project", "name": project, "entity": self._entity()}}
        return {"upsertSweep": {"sweep": sweep, "configValidationWarnings": []}}

    def on_sweep_with_runs(self, variables):
        sweep = self.sweeps.get(variables["sweep"])
        stored = sweep and {"id": sweep.name, "name": sweep.name, "config": sweep.text, "state": "RUNNING"}
        return {"project": {"sweep": stored and stored | {"runs": {"edges": []}}}}

    def on_create_agent(self, variables):
        agent = f"agent{len(self.agents)}"
        self.agents[agent] = self.sweeps[variables["sweep"]]
        return {"createAgent": {"agent": {"id": agent}}}

    def on_heartbeat(self, variables):
        running = [name for name, alive in json.loads(variables["runState"]).items() if alive]
        commands = self._commands(self.agents[variables["id"]], running)
        return {"agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}}

    def _commands(self, sweep, running):
        if running:
            return [{"id": name, "type": "stop", "run_id": name} for name in running if name in self._stops]
        trial = sweep.next_trial()
        if trial is None:
            return [{"id": "exit", "type": "exit"}]
        name, parameters = trial
        self.note("trial", run=name, sweep=sweep.name, parameters=parameters)
        args = {key: {"value": value} for key, value in parameters.items()}
        return [{"id": name, "type": "run", "run_id": name, "program": sweep.config.get("program"), "args": args}]

    # What is sent beside GraphQL.

    def stream(self, name, body):
        """Take rows, figures and the end of a run."""
        with self.lock:
            run = self.runs[name]
            for file, chunk in body.get("files", {}).items():
                if file == "wandb-history.jsonl":
                    rows = [json.loads(line) for line in chunk["content"]]
                    run.history[chunk["offset"] :] = rows
                    self.note("rows", run=name, rows=rows)
                elif file == "wandb-summary.json":
                    run.summary = json.loads(chunk["content"][-1])
            if body.get("complete"):
                run.exitcode = body["exitcode"]
                run.state = "failed" if run.exitcode else "finished"
                self.note("end", run=name, exitcode=run.exitcode, summary=run.summary)

    def upload(self, kind, owner, file, content):
        """Take a file of a run or of an artifact."""
        with self.lock:
            files = self.artifacts[owner]["files"] if kind == "artifact" else self.runs[owner].files
            files[file] = content
            self.note("file", owner=owner, file=file, size=len(content))

    def wait_while_hanging(self):
        while self.answer == "hang" and not self._closing.wait(0.05):
            pass

    def _entity(self):
        return {"id": "entity", "name": ENTITY}

    def _manifest(self, variables, key):
        artifact = variables[key]
        url = f"{variables['base']}/artifact/{artifact}/manifest"
        return {"id": artifact, "file": {"id": "file", "uploadUrl": url, "uploadHeaders": []}}

    def _stored(self, run):
        last = [json.dumps(row) for row in run.history[-1:]]
        return {
            "id": run.name,
            "name": run.name,
            "displayName": run.title or run.name,
            "description": "",
            "notes": "",
            "tags": run.tags,
            "config": json.dumps(run.raw_config),
            "summaryMetrics": json.dumps(run.summary),
            "sweepName": run.sweep,
            "project": {"id": "project", "name": run.project, "entity": self._entity()},
            "historyLineCount": len(run.history),
            "eventsLineCount": 0,
            "logLineCount": 0,
            "historyTail": json.dumps(last),
            "eventsTail": "[]",
            "wandbConfig": json.dumps({"t": 1}),
        }


class Handler(BaseHTTPRequestHandler):
    """One request."""

    service: Service

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/sdk/otel"):  # telemetry of wandb itself
            return self._send(200, b"")
        if not self._is_let_in():
            return None
        if self.path == "/graphql":
            request = json.loads(body)
            here = {"base": f"http://{self.headers['Host']}"}  # as the client knows this service
            data = self.service.execute(request["query"], (request.get("variables") or {}) | here)
            refusal = {"errors": [{"message": "not known here"}]}
            return self._send_json(refusal if data is None else {"data": data})
        self.service.stream(self.path.split("/")[-2], json.loads(body))
        return self._send_json({})

    def do_PUT(self):
        _, kind, *owner, rest = self.path.split("/", 4 if self.path.startswith("/upload") else 3)
        self.service.upload(kind, owner[-1], rest, self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._send(200, b"")

    def do_GET(self):
        if self._is_let_in():
            self._send_json({})

    def _is_let_in(self):
        answer = self.service.answer
        self.service.wait_while_hanging()
        expected = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
        if answer is None and self.headers.get("Authorization") == expected:
            return True
        with contextlib.suppress(OSError):  # who hung has left
            self._send_json({"errors": [{"message": "refused"}]}, answer if isinstance(answer, int) else 401)
        return False

    def _send_json(self, data, status=200):
        self._send(status, json.dumps(data).encode())

    def _send(self, status, content):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="A stand-in for the W&B service.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 for a free one")
    parser.add_argument("--log", help="file for one line of JSON per event")
    parser.add_argument("--sweep-limit", type=int, help="trials of a sweep before its agents are told to leave")
    parser.add_argument("--answer", help="give this to every request: 401, 500 or hang")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(options.log, "a")) if options.log else None
        service = stack.enter_context(Service(options.port, options.host, options.sweep_limit, log))
        service.answer = int(options.answer) if options.answer and options.answer != "hang" else options.answer
        for name, value in service.environment.items():
            print(f"export {name}={value}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
