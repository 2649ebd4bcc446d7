/* Programs started right after a fork by constants, whose pages the child does not have yet. */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	if (!fork())
		execl("/bin/echo", "echo", "one argument", "", "last", (char *)0);
	wait(NULL);
	if (!fork())
		execl("./script", "zero", "of a script", (char *)0);
	wait(NULL);
	if (!fork()) {
		execl("/nonexistent/program", "gone", "too", (char *)0);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
