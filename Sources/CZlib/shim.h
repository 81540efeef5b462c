// CZlib: the macros of zlib that Swift cannot import, as static inline functions.
#pragma once
#include <zlib.h>

// deflateInit2 and inflateInit2 are macros that add the header's version and the structure's size.
// Raw deflate (negative window bits): no header, no checksum; the frame below has its own.

// window: 9 to 15, the logarithm of the window in bytes; memory: 1 to 9.
static inline int starling_deflate_start(z_stream *stream, int level, int window, int memory) {
    return deflateInit2(stream, level, Z_DEFLATED, -window, memory, Z_DEFAULT_STRATEGY);
}

static inline int starling_inflate_start(z_stream *stream) {
    return inflateInit2(stream, -15);
}
