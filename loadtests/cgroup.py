"""A memory cgroup for a server."""

from pathlib import Path


class Group:
    """A memory cgroup of either version, removed at the end."""

    def __init__(self, name: str) -> None:
        first = Path("/sys/fs/cgroup/memory")
        self._old = first.is_dir()
        self.folder = (first if self._old else first.parent) / name
        self.folder.mkdir()

    @property
    def entrance(self) -> list[str]:
        """What is put before a command that is to run inside."""
        enter = f'echo $$ > {self.folder}/cgroup.procs && exec "$@"'
        return ["sh", "-c", enter, "sh"]

    def limit(self, size: int) -> None:
        """Let all inside have so many bytes together."""
        name = "memory.limit_in_bytes" if self._old else "memory.max"
        (self.folder / name).write_text(str(size), "ascii")

    def used(self) -> int:
        """Bytes without the cache of files."""
        usage = self._read("memory.usage_in_bytes" if self._old else "memory.current")
        names = ("total_inactive_file", "total_active_file")
        cached = names if self._old else tuple(name.removeprefix("total_") for name in names)
        stat = self._fields("memory.stat")
        return int(usage) - sum(stat[name] for name in cached)

    def killed(self) -> int:
        """Processes that the kernel ended for want of memory."""
        return self._fields("memory.oom_control" if self._old else "memory.events")["oom_kill"]

    def remove(self) -> None:
        """Once nobody is inside any more."""
        self.folder.rmdir()

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text("ascii")

    def _fields(self, name: str) -> dict[str, int]:
        lines = (line.split() for line in self._read(name).splitlines())
        return {key: int(value) for key, value in lines}
