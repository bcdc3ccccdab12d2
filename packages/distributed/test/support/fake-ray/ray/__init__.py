"""Stands in for Ray in tests of the driver: every task runs at once and in this process. One whose name begins with "lost" loses its machine."""
from types import SimpleNamespace

from . import exceptions, util

__version__ = "fake"


class _Reference:
    def __init__(self, call, arguments, name):
        self.value, self.error = None, None
        if name.startswith("lost"):
            self.error = exceptions.WorkerCrashedError()
            return
        try:
            self.value = call(*arguments)
        except Exception as error:
            self.error = exceptions.RayTaskError(error)


class _Actor:
    def __init__(self, actor):
        self._actor = actor

    def __getattr__(self, name):
        return _Remote(getattr(self._actor, name))


class _Remote:
    def __init__(self, subject, name=""):
        self._subject, self._name = subject, name

    def options(self, name="", **_):
        return _Remote(self._subject, name)

    def remote(self, *arguments):
        if isinstance(self._subject, type):
            return _Actor(self._subject(*arguments))
        return _Reference(self._subject, arguments, self._name)


def remote(subject=None, **_):
    return _Remote if subject is None else _Remote(subject)


def get(reference, timeout=None):
    if reference.error is not None:
        raise reference.error
    return reference.value


def wait(references, num_returns, timeout):
    return references, []


def init(**_):
    pass


def get_runtime_context():
    return SimpleNamespace(get_node_id=lambda: "node")
