// Package differential runs real programs under strace and under ebtrace and
// compares what the two say, thread by thread. Differences that are right are
// listed, each with its reason, in expected.txt; any other fails the test.
package differential

// program is one program to run under both tracers.
type program struct {
	name   string
	needs  []string         // programs that must be installed
	setup  string           // for sh, untraced, in the fresh working directory
	run    []string         // the traced command; {threads} and such stand for compiled testdata
	opts   []string         // options for the tracer beside -f -o FILE
	loose  bool             // calls move from thread to thread: compared in sorted order, all threads together
	before func(s *session) // starts what the command needs
	during func(s *session) // what to do while it runs
}

func sh(script string) []string { return []string{"/bin/sh", "-c", script} }

const manyFiles = `mkdir d d/e; for i in 1 2 3 4 5; do echo "line $i" >d/f$i; done; ln -s f1 d/link; echo x >d/e/g`

// cp takes a directory's files in the order of their inode numbers, which is
// chance; it is given them one by one.
const copyFiles = manyFiles + "; mkdir copy"

const repository = `git init -q r; cd r; echo one >a; mkdir b; echo two >b/c; git add .; git commit -q -m first; echo three >>a; git commit -q -a -m second`

var programs = []program{
	{name: "ls", setup: manyFiles, run: []string{"ls", "-la", "d"}},
	{name: "ls-fds", setup: manyFiles, run: []string{"ls", "-lR", "d"}, opts: []string{"-y"}},
	{name: "cat", setup: manyFiles, run: []string{"cat", "d/f1", "d/f2"}},
	{name: "cat-hex", setup: manyFiles, run: []string{"cat", "d/f1", "/nowhere"}, opts: []string{"-xx"}},
	{name: "cp", setup: copyFiles, run: []string{"cp", "-a", "d/f1", "d/f2", "d/link", "d/e", "copy"}},
	{name: "mv", setup: manyFiles, run: []string{"mv", "d/f1", "d/f2", "d/e"}},
	{name: "rm", setup: manyFiles, run: []string{"rm", "-rf", "d"}},
	{name: "ln", setup: manyFiles, run: []string{"ln", "-sf", "f3", "d/link"}},
	{name: "touch", setup: manyFiles, run: []string{"touch", "-d", "2001-02-03", "d/f1", "new"}},
	{name: "chmod", setup: manyFiles, run: []string{"chmod", "-R", "u=rwX,go=", "d"}},
	{name: "mkdir", run: []string{"mkdir", "-p", "a/b/c", "a/b/d"}},
	{name: "dd", run: []string{"dd", "if=/dev/zero", "of=f", "bs=4096", "count=8", "conv=fsync"}},
	{name: "sort", setup: "seq 3000 -1 1 >in", run: []string{"sort", "--parallel=1", "-n", "in", "-o", "out"}},
	{name: "stat", setup: manyFiles, run: []string{"stat", "d/f1", "d/link", "/dev/null"}},
	{name: "stat-verbose", setup: manyFiles, run: []string{"stat", "d/f1", "d/link"}, opts: []string{"-v"}},
	{name: "stat-fs", run: []string{"stat", "-f", "/", "/proc"}, opts: []string{"-v"}},
	{name: "grep", setup: manyFiles, run: []string{"grep", "-r", "line", "d"}},
	{name: "sed", setup: manyFiles, run: []string{"sed", "-i", "s/line/LINE/", "d/f1"}},
	{name: "id", run: []string{"id"}},
	{name: "date", run: []string{"date", "-R", "-d", "@1000000000"}},
	{name: "env", run: []string{"env", "A=b", "printenv", "A"}, opts: []string{"-v"}},
	{name: "timeout", run: []string{"timeout", "-s", "INT", "0.2", "sleep", "5"}},
	{name: "df", run: []string{"df", "-k", "/"}},
	{name: "mkfifo", run: sh("mkfifo p; cat p & echo hello >p; wait")},
	{name: "find", setup: manyFiles, run: []string{"find", "d", "-type", "f", "-exec", "true", "{}", ";"}},
	{name: "xargs", setup: manyFiles, run: sh("echo a b c d | xargs -n 2 echo")},
	{name: "tar", setup: manyFiles, run: []string{"tar", "cf", "d.tar", "d"}},
	{name: "tar-extract", setup: manyFiles + "; tar cf d.tar d; rm -r d", run: []string{"tar", "xf", "d.tar"}},
	{name: "tar-gzip", setup: manyFiles, run: []string{"tar", "czf", "d.tar.gz", "d"}},
	{name: "gzip", setup: "seq 1 2000 >f", run: []string{"gzip", "-k", "f"}},
	{name: "gzip-long", setup: "seq 1 200 >f", run: []string{"gzip", "-k", "f"}, opts: []string{"-s", "300", "-x"}},
	{name: "sh-pipe", run: sh("seq 1 100 | sort -n | uniq | wc -l")},
	{name: "sh-background", run: sh("sleep 0.1 & true & wait; (exit 3); echo $?; trap 'echo usr' USR1; kill -USR1 $$; exit 5")},
	{name: "sh-kill", run: sh("sleep 5 & sleep 0.1; kill $!; wait $!; kill -SEGV $$")},
	{name: "git-init", needs: []string{"git"}, run: []string{"git", "init", "-q", "r"}},
	{name: "git-add", needs: []string{"git"}, setup: repository + "; echo 4 >d", run: []string{"git", "-C", "r", "add", "."}},
	{name: "git-commit", needs: []string{"git"}, setup: repository + "; echo 4 >>a", run: []string{"git", "-C", "r", "commit", "-q", "-a", "-m", "third"}},
	{name: "git-log", needs: []string{"git"}, setup: repository, run: []string{"git", "-C", "r", "log", "-p"}},
	{name: "git-clone", needs: []string{"git"}, setup: repository, run: []string{"git", "clone", "-q", "r", "s"}},
	{name: "perl", needs: []string{"perl"}, run: []string{"perl", "-MPOSIX", "-e", `open F,">f"; print F "x" x 99; close F; system "true"; print strftime("%Y",gmtime 0)`}},
	{name: "python", needs: []string{"/usr/bin/python3"}, run: []string{"/usr/bin/python3", "-B", "-c", "import json,os; open('f','w').write(json.dumps(sorted(os.listdir('/')))); os.rename('f','g')"}},
	{name: "python-subprocess", needs: []string{"/usr/bin/python3"}, run: []string{"/usr/bin/python3", "-B", "-c", "import subprocess; print(subprocess.run(['echo','hi'],capture_output=True,text=True).stdout)"}},
	{name: "python-sockets", needs: []string{"/usr/bin/python3"}, run: []string{"/usr/bin/python3", "-B", "-c", pySockets}},
	{name: "python-sockets-fds", needs: []string{"/usr/bin/python3"}, run: []string{"/usr/bin/python3", "-B", "-c", pySockets}, opts: []string{"-yy"}},
	{name: "sqlite", needs: []string{"sqlite3"}, run: []string{"sqlite3", "x.db", "create table t(a,b); insert into t values(1,'x'),(2,'y'); select * from t; update t set a=3; drop table t; vacuum;"}},
	{name: "gcc", needs: []string{"gcc"}, setup: `printf 'int main(void){return 0;}\n' >m.c`, run: []string{"gcc", "-O1", "-o", "m", "m.c"}},
	{name: "make", needs: []string{"make"}, setup: "printf 'all: a b\\n\\tcat a b >$@\\na:\\n\\techo a >$@\\nb:\\n\\techo b >$@\\n' >Makefile", run: []string{"make", "-j1"}},
	{name: "openssl-digest", needs: []string{"openssl"}, setup: "seq 1 9999 >f", run: []string{"openssl", "dgst", "-sha256", "f"}},
	{name: "openssl-key", needs: []string{"openssl"}, run: []string{"openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", "key"}},
	{name: "ssh-keygen", needs: []string{"ssh-keygen"}, run: []string{"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", "key"}},
	{name: "curl", needs: []string{"curl"}, run: []string{"curl", "-s", "-o", "out", "http://127.0.0.1:18081/page"}, before: serveHTTP},
	{name: "curl-fds", needs: []string{"curl"}, run: []string{"curl", "-s", "-o", "out", "http://127.0.0.1:18081/page"}, opts: []string{"-yy"}, before: serveHTTP},
	{name: "redis", needs: []string{"redis-server", "redis-benchmark", "redis-cli"}, run: []string{"redis-server", "--port", "18082", "--save", "", "--io-threads", "1", "--daemonize", "no"}, during: loadRedis},
	{name: "redis-cli", needs: []string{"redis-server", "redis-cli"}, run: []string{"redis-cli", "-p", "18083", "set", "a", "1"}, before: serveRedis},
	{name: "mixed", run: []string{"{mixed}"}},
	{name: "mixed-verbose", run: []string{"{mixed}"}, opts: []string{"-v", "-s", "4"}},
	{name: "mixed-raw", run: []string{"{mixed}"}, opts: []string{"-X", "raw"}},
	{name: "mixed-names", run: []string{"{mixed}"}, opts: []string{"-X", "verbose"}},
	{name: "mixed-fds", run: []string{"{mixed}"}, opts: []string{"-yy"}},
	{name: "mixed-32", run: []string{"{mixed32}"}},
	{name: "mixed-32-verbose", run: []string{"{mixed32}"}, opts: []string{"-v"}},
	{name: "threads", run: []string{"{threads}"}},
	{name: "vforks", run: []string{"{vforks}"}},
	{name: "go", needs: []string{"go"}, run: []string{"{goprog}"}, loose: true},
	{name: "select-file", setup: copyFiles, run: []string{"cp", "-a", "d/f1", "d/f2", "d/link", "d/e", "copy"}, opts: []string{"-e", "trace=%file"}},
	{name: "select-not", setup: copyFiles, run: []string{"cp", "-a", "d/f1", "d/f2", "d/link", "d/e", "copy"}, opts: []string{"-e", "trace=!/^m,%file"}},
	{name: "select-failed", setup: manyFiles, run: []string{"ls", "-l", "d", "nowhere"}, opts: []string{"-Z"}},
	{name: "select-path", setup: manyFiles, run: []string{"cat", "d/f1", "d/f2"}, opts: []string{"-P", "d/f2"}},
}

const pySockets = `
import os, select, socket
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(("127.0.0.1", 18084))
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.sendto(b"hello", ("127.0.0.1", 18084))
print(a.recvfrom(100)[0])
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 18085)); s.listen(5)
c = socket.socket(); c.connect(("127.0.0.1", 18085)); d, _ = s.accept()
c.sendmsg([b"one", b"two"]); print(select.select([d], [], [], 1)[0] == [d], d.recv(10, socket.MSG_WAITALL - 256)); d.shutdown(2)
u = socket.socket(socket.AF_UNIX); u.bind("\0abstract"); v = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); v.bind("sock"); print(v.getsockname())
x = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); x.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
x.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); x.settimeout(0.1); print(x.connect_ex(("::1", 1)))
n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); n.bind((0, 0))
p = select.poll(); p.register(a, select.POLLIN); print(p.poll(10))
e = select.epoll(); e.register(s, select.EPOLLIN | select.EPOLLET); print(e.poll(0.01))
`
