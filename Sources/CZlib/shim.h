// CZlib: what Swift cannot import by itself (macros, variadic functions) as static inline functions.
#pragma once
#include <zlib.h>
