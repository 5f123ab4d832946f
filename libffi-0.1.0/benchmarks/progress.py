"""Show on stderr how far the measurements are."""
import sys
from time import monotonic

WIDTH = 30


class Progress:
    """A bar on a terminal; elsewhere one line for each row."""

    def __init__(self, steps, stream=sys.stderr):
        self.steps, self.done, self.title = steps, 0, ""
        self.stream, self.live, self.begun = stream, stream.isatty(), monotonic()

    def row(self, title):
        """Begin a row."""
        self.title = title
        if not self.live:
            print(f"{monotonic() - self.begun:5.0f} s  {title}", file=self.stream, flush=True)

    def step(self):
        """Draw one more step."""
        self.done += 1
        if self.live:
            share = min(1.0, self.done / self.steps)
            bar = "#" * round(share * WIDTH)
            seconds = monotonic() - self.begun
            self.stream.write(f"\r\033[K[{bar:.<{WIDTH}}] {share:4.0%} {seconds:4.0f} s"
                              f"  {self.title}")
            self.stream.flush()

    def say(self, message):
        """Print a notice without tearing the bar."""
        print(f"\r\033[K{message}" if self.live else message, file=self.stream, flush=True)

    def close(self):
        """Leave the line clean."""
        if self.live:
            self.stream.write("\r\033[K")
