"""A provider on loopback that keeps what it is asked and answers what the test puts there."""
import http.server
import json
import threading


class Upstream:
    """One request at a time: `answer` is what the next one gets, `asked` what came, oldest first."""

    def __init__(self):
        self.asked = []  # (path, headers, body as parsed JSON or None)
        self.answer = (500, "application/json", b'{"error":{"message":"the test has put no answer here"}}')
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                try:
                    parsed = json.loads(body)
                except ValueError:
                    parsed = None
                outer.asked.append((self.path, dict(self.headers), parsed))
                status, content_type, data = outer.answer(self.path, parsed) if callable(outer.answer) else outer.answer
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def recorded(exchange):
    """The answer of a recorded exchange, as `Upstream.answer` takes it."""
    response = exchange["response"]
    body = response["body"]
    stream = body.lstrip("\ufeff\r\n").startswith(("data:", "event:", "id:", ":"))
    return response["status"], "text/event-stream" if stream else "application/json", body.encode()


def chunks(body):
    """The data of an SSE body's events but [DONE], parsed; fails where one is no JSON."""
    for event in body.replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:"))
        if data and data != "[DONE]":
            yield json.loads(data)
