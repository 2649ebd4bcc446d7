package programs

import (
	"strings"
	"testing"
)

// redis keeps a log of what it writes while a client loads it.
const redis = `set -e
cd "$1"
redis-server --port 7777 --save '' --appendonly yes --appendfsync always --dir "$1" --daemonize no >server.log &
i=0
until redis-cli -p 7777 ping >/dev/null 2>&1; do i=$((i+1)); [ $i -lt 60 ]; sleep 0.2; done
redis-benchmark -p 7777 -t set -n 500 -c 5 -d 100 -q >bench.log
redis-cli -p 7777 dbsize
redis-cli -p 7777 shutdown nosave || true
wait
`

// TestRedis: under load nothing is lost, events stand in order and operations
// lie within their calls; each command that changes data is in the log.
func TestRedis(t *testing.T) {
	needPrograms(t)
	lines, _ := traced(t, []string{"--vfs=open,write,fsync", "-e", "trace=openat,write,writev,fsync,fdatasync"}, "sh", "-c", redis, "sh", workDir(t))
	if n := ordered(t, lines); n < 100 {
		t.Errorf("%d operations within calls", n)
	}
	writes, syncs := 0, 0
	var bytes int64
	for i := range lines {
		l := &lines[i]
		if l.Type != "vfs" || !strings.Contains(l.File.Path, ".aof") {
			continue
		}
		switch l.Operation {
		case "write":
			writes, bytes = writes+1, bytes+l.result()
		case "fsync":
			syncs++
		}
	}
	t.Logf("%d lines, %d writes of %d bytes to the log, %d syncs", len(lines), writes, bytes, syncs)
	if bytes < 500*100 || syncs == 0 {
		t.Errorf("%d bytes and %d syncs of 500 commands of 100 bytes", bytes, syncs)
	}
}

// server serves files to many clients at once, threads of another process, and
// says how many bytes they got.
const server = `
import http.server, threading, urllib.request, os, sys
os.chdir(sys.argv[1])
for i in range(10): open("f%d" % i, "wb").write(bytes([i]) * (1000 * (i + 1)))
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
port = s.server_address[1]
if os.fork() == 0:
    got = []
    def client(n):
        for i in range(10):
            got.append(len(urllib.request.urlopen("http://127.0.0.1:%d/f%d" % (port, i)).read()))
    ts = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for t in ts: t.start()
    for t in ts: t.join()
    print(len(got), sum(got), flush=True)
    os._exit(0)
threading.Thread(target=s.serve_forever, daemon=True).start()
os.wait()
os._exit(0)
`

// TestServer: as TestRedis, with threads; each file was read as often and as
// whole as it was asked for.
func TestServer(t *testing.T) {
	needPrograms(t)
	lines, said := traced(t, []string{"--vfs=open,read", "-e", "trace=openat,read,pread64,accept4,connect"}, "python3", "-c", server, workDir(t))
	if said != "80 440000\n" {
		t.Fatalf("the clients say %q", said)
	}
	if n := ordered(t, lines); n < 160 {
		t.Errorf("%d operations within calls", n)
	}
	opens, bytes := 0, int64(0)
	for i := range lines {
		l := &lines[i]
		if l.Type != "vfs" || !strings.HasPrefix(l.File.Path, work+"/f") {
			continue
		}
		if l.Operation == "open" {
			opens++
		} else {
			bytes += l.result()
		}
	}
	t.Logf("%d lines", len(lines))
	if opens != 10+80 || bytes != 440000 {
		t.Errorf("%d opens, not 90, and %d bytes read, not 440000", opens, bytes)
	}
}
