/* Calls of a 32-bit program: longs of four bytes, offsets in two registers, socketcall. Built with gcc -m32. */
#define _FILE_OFFSET_BITS 64
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	connect(s, (void *)&in, sizeof in);
	int f = open("/etc/passwd", O_RDONLY);
	char a[4], b[8];
	struct iovec v[2] = {{a, 4}, {b, 8}};
	readv(f, v, 2);
	pread(f, a, 4, 5000000000LL);
	lseek(f, -1, SEEK_END);
	struct stat st;
	fstat(f, &st);
	struct timespec ts = {0, 1000};
	nanosleep(&ts, 0);
	mmap(0, 4096, PROT_READ, MAP_PRIVATE, f, 0);
	write(99, "x", 1);
	return 4;
}
