// vfork, posix_spawn and system, and how their children end.
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(void)
{
	char *argv[] = { "true", NULL };
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execv("/bin/true", argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if ((pid = vfork()) == 0)
		_exit(3);
	waitpid(pid, &status, 0);
	if ((pid = fork()) == 0)
		raise(SIGKILL);
	waitpid(pid, &status, 0);
	if (posix_spawn(&pid, "/bin/false", NULL, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	return system("exit 4") == -1;
}
