/* Prints its user ids; made setuid by the test. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	uid_t r, e, s;

	getresuid(&r, &e, &s);
	printf("real %u effective %u saved %u\n", r, e, s);
	return 0;
}
