"""Runs the processes of tasks.json on a Ray cluster; pharmacist sends this file there as a job.

One Ray task a process. Lines that begin with "pharmacist " are events in JSON, and all that the sender reads of the job's log. Ray starts a task
again if its machine was lost, and only then: a process that fails by itself is a result.
"""
import ctypes
import json
import os
import platform
import signal
import subprocess
import sys
import time

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

TAIL_BYTES = 8192


def say(**event):
    print("pharmacist " + json.dumps(event), flush=True)


def die_with_parent():
    """A worker that is ended takes its process along (Linux)."""
    try:
        ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)
    except OSError:
        pass


@ray.remote(num_cpus=0, max_restarts=0)
class Started:
    """Hears from every process that begins; the driver asks it. Lives beside the driver."""

    def __init__(self):
        self.news = []

    def tell(self, index, node):
        self.news.append([index, node])

    def take(self):
        news, self.news = self.news, []
        return news


def run_process(task, cwd, index, started):
    began = time.time()
    node = ray.util.get_node_ip_address()
    name = f"{platform.node()} ({node})"
    started.tell.remote(index, name)
    code, problem, tail = run_logged(task, cwd)
    return {"code": code, "problem": problem, "tail": tail, "node": name, "seconds": time.time() - began}


def run_logged(task, cwd):
    """Its status, or what was in its way, and the end of what it printed."""
    try:
        os.makedirs(os.path.dirname(task["log"]), exist_ok=True)
        log = open(task["log"], "a+b")
    except OSError as error:
        return None, f"its log cannot be written: {error}", ""
    with log:
        start = log.seek(0, os.SEEK_END)
        try:
            ended = subprocess.run(task["argv"], cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        except OSError as error:
            return None, f"cannot be started: {error}", ""
        log.seek(max(start, log.seek(0, os.SEEK_END) - TAIL_BYTES))
        return ended.returncode, None, log.read().decode("utf-8", "replace")


def ask_node(argv, cwd):
    try:
        ended = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=die_with_parent, timeout=300)
        return {"code": ended.returncode, "output": (ended.stdout if ended.returncode == 0 else ended.stderr)[-65536:]}
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"code": None, "output": f"cannot be started: {error}"}


def not_run(problem):
    return {"code": None, "problem": problem, "tail": "", "node": None, "seconds": None}


def run_tasks(spec):
    tasks = spec["tasks"]
    index_of = {task["id"]: index for index, task in enumerate(tasks)}
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    started = Started.options(scheduling_strategy=here).remote()
    missing = {index: {index_of[before] for before in task["after"]} for index, task in enumerate(tasks)}
    followers = {index: [] for index in missing}
    for index, before in missing.items():
        for other in before:
            followers[other].append(index)
    ready = [index for index, before in missing.items() if not before]
    active, attempts = {}, {}

    def submit():
        while ready and len(active) < (spec["parallel"] or len(tasks)):
            index = ready.pop(0)
            task = tasks[index]
            process = ray.remote(run_process).options(num_cpus=task["cpus"], num_gpus=task["gpus"], max_retries=spec["retries"], name=task["id"])
            active[process.remote(task, spec["cwd"], index, started)] = index

    def hear():
        try:
            for index, node in ray.get(started.take.remote(), timeout=5):
                attempts[index] = attempts.get(index, 0) + 1
                say(event="started", task=tasks[index]["id"], node=node, attempt=attempts[index])
        except Exception:  # Nothing but the display depends on it.
            pass

    submit()
    while active:
        over, _ = ray.wait(list(active), num_returns=len(active), timeout=spec["poll"])
        hear()
        for reference in over:
            index = active.pop(reference)
            try:
                result = ray.get(reference)
            except ray.exceptions.RayTaskError as error:  # An error of Ray's too, but no machine was lost: the code above raised it.
                result = not_run(f"cannot be run: {type(error.cause).__name__}: {error.cause}")
            except ray.exceptions.RayError as error:
                result = not_run(f"its machine was lost {spec['retries'] + 1} times: {type(error).__name__}")
            say(event="ended", task=tasks[index]["id"], **result)
            if result["code"] != 0:
                continue
            for other in followers[index]:
                missing[other].discard(index)
                if not missing[other]:
                    ready.append(other)
        submit()


def probe_nodes(spec):
    waiting = []
    for node in ray.nodes():
        if not node["Alive"]:
            continue
        has = node["Resources"]
        here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        answer = ray.remote(ask_node).options(num_cpus=0, max_retries=0, scheduling_strategy=here).remote(spec["probe"], spec["cwd"])
        name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
        waiting.append((answer, {"node": name, "cpus": int(has.get("CPU", 0)), "gpus": int(has.get("GPU", 0))}))
    for reference, node in waiting:
        try:
            result = ray.get(reference, timeout=360)
        except Exception as error:
            result = {"code": None, "output": f"{type(error).__name__}: {error}"[:2000]}
        say(event="answer", **node, **result)


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tasks.json"), encoding="utf-8") as file:
        spec = json.load(file)
    ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
    say(event="begin", ray=ray.__version__, python=platform.python_version())
    if "probe" in spec:
        probe_nodes(spec)
    else:
        run_tasks(spec)
    say(event="end")


if __name__ == "__main__":
    sys.exit(main())
