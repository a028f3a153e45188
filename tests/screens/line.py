"""A program on a line of its own (a pseudo-terminal), which a test can stop, and of which it takes as many bytes as it wants to: a
slow line and one that stands still are had without a clock."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from room import LIMIT, Failed

MUCH = 1 << 16


class Line:
    def __init__(self, words, rows=24, columns=80, **environment):
        fields = {"LANG": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC", "PATH": os.environ["PATH"], **environment}
        fields = {name: value for name, value in fields.items() if value is not None}
        ready, go = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.read(ready, 1)
            os.close(ready)
            os.close(go)
            os.execve(words[0], words, fields)
        self.resize(rows, columns)
        os.write(go, b"x")
        os.close(ready)
        os.close(go)
        self.all, self.status, self.other = b"", None, -1

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())

    def take(self, most=MUCH, wait=0.0):
        """At most so many bytes that are there; empty: there are none, or it ended."""
        if not select.select([self.fd], [], [], wait)[0]:
            return b""
        try:
            got = os.read(self.fd, most)
        except OSError:
            got = b""
        self.all += got
        return got

    def wait(self, text, limit=LIMIT):
        """Takes until these bytes came; gives all that was taken, them included."""
        end, got = time.monotonic() + limit, b""
        while text not in got:
            if time.monotonic() > end:
                raise Failed("waited %d seconds for %r behind %r" % (limit, text, got[-400:]))
            more = self.take(wait=0.2)
            got += more
            if not more and self.ended():
                got += self.take()
                if text not in got:
                    raise Failed("it ended with %s before %r; last came %r" % (self.status, text, got[-400:]))
        return got

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait_end(self, reading=True, limit=LIMIT):
        """Its exit code. Not reading: the line stands still until the end."""
        end = time.monotonic() + limit
        while not self.ended():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise Failed("it did not end within %d seconds" % limit)
            if reading:
                self.take(wait=0.05)
            else:
                time.sleep(0.01)
        while reading and self.take():
            pass
        return self.status

    def flow(self, goes):
        """Stops the line, or lets it go on, as a modem's or a person's flow control does."""
        termios.tcflow(self.slave(), termios.TCOON if goes else termios.TCOOFF)

    def slave(self):
        if self.other < 0:
            number = struct.unpack("I", fcntl.ioctl(self.fd, 0x80045430, b"0000"))[0]  # TIOCGPTN
            self.other = os.open("/dev/pts/%d" % number, os.O_RDWR | os.O_NOCTTY)
        return self.other

    def wait_taken(self, limit=LIMIT):
        """Until the program has read every key."""
        end = time.monotonic() + limit
        while struct.unpack("I", fcntl.ioctl(self.slave(), termios.FIONREAD, b"0000"))[0]:
            if time.monotonic() > end:
                raise Failed("keys were not read within %d seconds" % limit)
            time.sleep(0.005)

    def hang_up(self):
        if self.other >= 0:
            os.close(self.other)
        os.close(self.fd)

    def kill(self):
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self.wait_end(False)
