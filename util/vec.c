// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/vec.h"

#include <stdint.h>
#include <string.h>

int vec_grow(void **v, size_t *cap, size_t need, size_t size)
{
	size_t newcap = *cap ? *cap : 16;
	void *p;

	if (need <= *cap)
		return 0;
	if (need > SIZE_MAX / 4 / size)
		return -ENOMEM;
	while (newcap < need)
		newcap *= 2;
	p = realloc(*v, newcap * size);
	if (!p)
		return -ENOMEM;
	*v = p;
	*cap = newcap;
	return 0;
}

int vec_zgrow(void **v, size_t *n, size_t *cap, size_t need, size_t size)
{
	if (need <= *n)
		return 0;
	if (vec_grow(v, cap, need, size))
		return -ENOMEM;
	memset((char *)*v + *n * size, 0, (need - *n) * size);
	*n = need;
	return 0;
}
