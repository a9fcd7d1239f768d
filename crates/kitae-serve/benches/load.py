"""Latency and throughput of `kitae serve` beside onnxruntime behind a minimal server, in one run.

    python crates/kitae-serve/benches/load.py SERVER MODEL.onnx MODEL_FOLDER

SERVER is a programme that is called with an address and a model folder, such as the example `serve` of kitae-serve.
Both servers get the same rows as JSON over loopback: the median row of the training rows, alone on one connection
(latency), and 256 of them in a body on four (throughput). onnxruntime gets the columns and no other work: no checks,
no counts, no warnings. Needs onnxruntime and numpy; the load is made by this script, one process a connection.
"""

import http.client, json, multiprocessing, pathlib, socketserver, subprocess, sys, time
from http.server import BaseHTTPRequestHandler

SECONDS = 8


def rows_of(folder):
    model = json.loads((pathlib.Path(folder) / "model.json").read_text())["manifest"]["model"]
    fed = {given["column"] for given in model["layout"]["inputs"]}
    middles = {column["name"]: column.get("quantiles") for column in model["profile"]["columns"]}
    return {name: middles[name][3] if middles.get(name) else None for name in middles if name in fed}


def serve_onnx(path, port):
    """A server that does nothing but read the rows, ask onnxruntime and write its answers."""
    import numpy, onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    kinds = {given.name: given.type for given in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            self.wfile = self.connection.makefile("wb", buffering=1 << 16)

        def do_POST(self):
            rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            rows = rows["rows"] if "rows" in rows else [rows]
            columns = {}
            for name, kind in kinds.items():
                cells = [row[name] for row in rows]
                if kind == "tensor(double)":
                    columns[name] = numpy.array(cells, dtype=numpy.float64).reshape(-1, 1)
                else:
                    columns[name] = numpy.array([cell or "" for cell in cells], dtype=object).reshape(-1, 1)
            answers = session.run(names, columns)
            body = json.dumps({name: answer.tolist() for name, answer in zip(names, answers)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
        allow_reuse_address = daemon_threads = True

    Server(("127.0.0.1", port), Handler).serve_forever()


def load(port, body, seconds, results):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(6, 1, 1)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        times.append(time.perf_counter() - start)
    results.put(times)


def measure(port, body, n_connections):
    results = multiprocessing.Queue()
    loads = [multiprocessing.Process(target=load, args=(port, body, SECONDS, results)) for _ in range(n_connections)]
    [process.start() for process in loads]
    times = sorted(sum((results.get() for _ in loads), []))
    [process.join() for process in loads]
    return times


def wait_for(port):
    while True:
        try:
            http.client.HTTPConnection("127.0.0.1", port).connect()
            return
        except OSError:
            time.sleep(0.1)


def main():
    programme, onnx, folder = sys.argv[1:]
    row = rows_of(folder)
    one, many = json.dumps(row).encode(), json.dumps({"rows": [row] * 256}).encode()
    ours = subprocess.Popen([programme, "127.0.0.1:8471", folder], stderr=subprocess.DEVNULL)
    theirs = multiprocessing.Process(target=serve_onnx, args=(onnx, 8472), daemon=True)
    theirs.start()
    try:
        for name, port in [("kitae serve", 8471), ("onnxruntime", 8472)]:
            wait_for(port)
        for _ in range(2):
            for name, port in [("kitae serve", 8471), ("onnxruntime", 8472)]:
                times = measure(port, one, 1)
                at = lambda share: 1e3 * times[min(int(share * len(times)), len(times) - 1)]
                print(f"{name:12} one row: p50 {at(0.5):.3f} ms, p99 {at(0.99):.3f} ms, {len(times) / SECONDS:.0f} requests/s")
                times = measure(port, many, 4)
                print(f"{name:12} 256 rows on 4 connections: {256 * len(times) / SECONDS:.0f} rows/s")
    finally:
        ours.terminate()
        theirs.terminate()


if __name__ == "__main__":
    main()
