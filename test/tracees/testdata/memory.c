/* Mappings: protection, flags, advice, unknown bits, huge lengths. */
#include "tracee.h"
#include <sys/shm.h>

int main(void)
{
	char *p, *to;

	start();
	CALL(mmap, NULL, 8192L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
	p = (char *)ret;
	expect("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", hex());
	CALL(mmap, p + 4096, 4096L, PROT_NONE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
	expect(text("mmap(%p, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0)", p + 4096), hex());
	CALL(mmap, NULL, -1L, 0x100, 0, 9, 0x1000L);
	expect("mmap(NULL, 18446744073709551615, 0x100 /* PROT_??? */, MAP_FILE, 9, 0x1000)", result());
	CALL(mmap, NULL, 0L, PROT_EXEC, MAP_SHARED | MAP_POPULATE, 77, 4096L);
	expect("mmap(NULL, 0, PROT_EXEC, MAP_SHARED|MAP_POPULATE, 77, 0x1000)", result());
	CALL(mprotect, p, 4096L, PROT_READ);
	expect(text("mprotect(%p, 4096, PROT_READ)", p), result());
	CALL(mprotect, p + 1, 4096L, PROT_READ | PROT_GROWSDOWN);
	expect(text("mprotect(%p, 4096, PROT_READ|PROT_GROWSDOWN)", p + 1), result());
	CALL(madvise, p, 8192L, MADV_DONTNEED);
	expect(text("madvise(%p, 8192, MADV_DONTNEED)", p), result());
	CALL(madvise, NULL, 0L, 999);
	expect("madvise(NULL, 0, 0x3e7 /* MADV_??? */)", result());
	CALL(mremap, p, 4096L, 8192L, MREMAP_MAYMOVE);
	expect(text("mremap(%p, 4096, 8192, MREMAP_MAYMOVE)", p), hex());
	p = (char *)ret;
	to = untouched(8192);
	CALL(mremap, p, 4096L, 8192L, MREMAP_FIXED | MREMAP_MAYMOVE, to);
	expect(text("mremap(%p, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, %p)", p, to), hex());
	p = to;
	CALL(msync, p, 4096L, MS_SYNC | MS_INVALIDATE);
	expect(text("msync(%p, 4096, MS_SYNC|MS_INVALIDATE)", p), result());
	CALL(mlock, p, 1L);
	expect(text("mlock(%p, 1)", p), result());
	CALL(munlock, NULL, 0L);
	expect("munlock(NULL, 0)", result());
	CALL(mlockall, 0x100);
	expect("mlockall(0x100 /* MCL_??? */)", result());
	CALL(munmap, p, 8192L);
	expect(text("munmap(%p, 8192)", p), result());
	CALL(munmap, (void *)-4096L, 1L);
	expect("munmap(0xfffffffffffff000, 1)", result());
	CALL(brk, NULL);
	expect("brk(NULL)", hex());
	CALL(memfd_create, "na\nme", 1);
	expect("memfd_create(\"na\\nme\", MFD_CLOEXEC)", result());
	CALL(memfd_create, bad(), 0x100);
	expect(text("memfd_create(%p, 0x100 /* MFD_??? */)", bad()), result());
	CALL(shmget, IPC_PRIVATE, 4096L, IPC_CREAT | 0600);
	expect("shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600)", result());
	int id = ret;
	CALL(shmctl, id, IPC_RMID, NULL);
	expect(text("shmctl(%d, IPC_RMID, NULL)", id), result());
	CALL(shmat, -1, NULL, SHM_RDONLY);
	expect("shmat(-1, NULL, SHM_RDONLY)", result());
	return finish();
}
