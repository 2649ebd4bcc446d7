/* tracee.c - opens a file six times and asks for its parent, and says what it got. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 6; i++) {
		int fd = open("/etc/hostname", O_RDONLY);
		printf("%d %d\n", fd, fd < 0 ? errno : 0);
		if (fd >= 0)
			close(fd);
	}
	printf("parent = %d\n", getppid());
	return 0;
}
