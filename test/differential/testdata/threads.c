// Four threads take turns at a mutex, write, sleep and end; one is joined
// while it still runs.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *run(void *arg)
{
	char line[32];
	int n = snprintf(line, sizeof line, "thread %ld\n", (long)arg);

	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&lock);
		if (write(1, line, n) != n)
			return NULL;
		pthread_mutex_unlock(&lock);
		usleep(1000 * (long)arg);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[4];

	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, run, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return 0;
}
