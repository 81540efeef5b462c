// CLibuv: what Swift cannot import by itself (macros, variadic functions), as static inline.
#pragma once
#include <signal.h>
#include <sys/prctl.h>
#include <uv.h>

// SIG_IGN is a cast macro, which Swift does not import.
static inline void starling_uv_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

// prctl is variadic. At most 15 bytes are kept.
static inline void starling_uv_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
