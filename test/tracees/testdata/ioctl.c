/* ioctl: terminals, sockets, block devices, unknown requests. */
#include "tracee.h"
#include <linux/fs.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

int main(void)
{
	struct winsize ws = { 24, 80, 0, 0 };
	struct ifreq ifr = { .ifr_name = "lo" };
	char buf[256];
	int n = 0, m, p[2], s;

	if (pipe(p) != 0 || (m = posix_openpt(O_RDWR)) < 0 || (s = socket(AF_INET, SOCK_DGRAM, 0)) < 0)
		return 1;
	if (write(p[1], "xyz", 3) != 3)
		return 1;
	start();
	CALL(ioctl, p[0], FIONREAD, &n);
	expect("ioctl(3, FIONREAD, [3])", result());
	CALL(ioctl, p[0], FIONBIO, (int[]){ 1 });
	expect("ioctl(3, FIONBIO, [1])", result());
	CALL(ioctl, p[0], FIOCLEX);
	expect("ioctl(3, FIOCLEX)", result());
	CALL(ioctl, p[0], TCGETS, buf);
	expect(text("ioctl(3, TCGETS, %p)", buf), result());
	CALL(ioctl, m, TIOCSWINSZ, &ws);
	expect("ioctl(5, TIOCSWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0})", result());
	CALL(ioctl, m, TIOCGWINSZ, untouched(4096));
	expect("ioctl(5, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0})", result());
	CALL(ioctl, m, TIOCGPTN, &n);
	expect(text("ioctl(5, TIOCGPTN, [%d])", n), result());
	CALL(ioctl, m, TIOCSPTLCK, (int[]){ 0 });
	expect("ioctl(5, TIOCSPTLCK, [0])", result());
	CALL(ioctl, m, TIOCGWINSZ, bad());
	expect(text("ioctl(5, TIOCGWINSZ, %p)", bad()), result());
	CALL(ioctl, s, SIOCGIFINDEX, &ifr);
	expect("ioctl(6, SIOCGIFINDEX, {ifr_name=\"lo\", ifr_ifindex=1})", result());
	CALL(ioctl, -1, BLKGETSIZE64, buf);
	expect(text("ioctl(-1, BLKGETSIZE64, %p)", buf), result());
	CALL(ioctl, -1, _IOC(_IOC_READ | _IOC_WRITE, 0xab, 0xcd, 0x123), 0x1234L);
	expect("ioctl(-1, _IOC(_IOC_READ|_IOC_WRITE, 0xab, 0xcd, 0x123), 0x1234)", result());
	CALL(ioctl, -1, 0xdead, NULL);
	expect("ioctl(-1, _IOC(_IOC_NONE, 0xde, 0xad, 0), 0)", result());
	return finish();
}
