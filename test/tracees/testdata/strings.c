/* Strings: every byte value, the limit of -s (the argument), page ends. */
#include "tracee.h"

/* quote is s as it must print with at most limit bytes. */
static const char *quote(const unsigned char *s, size_t n, size_t limit)
{
	static char out[65536];
	char *o = out;

	*o++ = '"';
	for (size_t i = 0; i < n && i < limit; i++) {
		static const char special[] = "\n\t\v\f\r\"\\", letter[] = "ntvfr\"\\";
		const char *at = s[i] ? strchr(special, s[i]) : NULL;

		if (at) {
			*o++ = '\\';
			*o++ = letter[at - special];
		} else if (s[i] >= ' ' && s[i] < 0x7f) {
			*o++ = s[i];
		} else if (i + 1 < n && i + 1 < limit && s[i + 1] >= '0' && s[i + 1] <= '7') {
			o += sprintf(o, "\\%03o", s[i]);
		} else {
			o += sprintf(o, "\\%o", s[i]);
		}
	}
	strcpy(o, n > limit ? "\"..." : "\"");
	return out;
}

int main(int argc, char **argv)
{
	size_t limit = argc > 1 ? atoi(argv[1]) : 32;
	unsigned char all[512], big[8000];
	int fd = open("/dev/null", O_WRONLY);

	for (int i = 0; i < 256; i++) {
		all[2 * i] = i;
		all[2 * i + 1] = i % 10 + '0';
	}
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = i * 7;
	start();
	for (int i = 0; i < 512; i += 32) {
		CALL(write, fd, all + i, 32);
		expect(text("write(3, %s, 32)", quote(all + i, 32, limit)), result());
	}
	for (size_t n = 0; n < 40; n++) {
		CALL(write, fd, tail(all, n), n);
		expect(text("write(3, %s, %zu)", quote(all, n, limit), n), result());
	}
	CALL(write, fd, big, sizeof big);
	expect(text("write(3, %s, 8000)", quote(big, sizeof big, limit)), result());
	CALL(write, fd, big, limit);
	expect(text("write(3, %s, %zu)", quote(big, limit, limit), limit), result());
	CALL(write, fd, big, limit + 1);
	expect(text("write(3, %s, %zu)", quote(big, limit + 1, limit), limit + 1), result());
	return finish();
}
