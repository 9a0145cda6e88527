"""A small HTTP server on a port of this machine: a stream of events, and what was posted to it."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_UP = None


class HttpServer:
    """Serves ``GET /event`` as a stream and remembers every POST; *refuses* makes it answer those with 500."""

    def __init__(self) -> None:
        self.posted: queue.Queue[dict[str, object]] = queue.Queue()
        self.refuses = False
        self.says: queue.Queue[bytes | None] = queue.Queue()
        self.streams: queue.Queue[bool] = queue.Queue()
        server = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                server.streams.put(True)
                while (said := server.says.get()) is not HANG_UP:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(said), said))
                    self.wfile.flush()
                self.close_connection = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.posted.put(json.loads(body))
                self.send_response(500 if server.refuses else 200)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"true")

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http-server")
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def say(self, message: dict[str, object]) -> None:
        """Send one event down the stream."""
        self.says.put(b"data: " + json.dumps(message).encode() + b"\n\n")

    def stop(self) -> None:
        self.says.put(HANG_UP)
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
