// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/utf8.h"

#include <utf8proc.h>

size_t utf8_decode(const char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t b = (uint8_t)*s;
	size_t len = b < 0x80 ? 1 : b < 0xc2 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf5 ? 4 : 0;
	uint32_t v = len == 1 ? b : b & (0x7fu >> len);

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((uint8_t)s[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*c = v;
	return len;
}

bool utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffe ||
	       c == 0xffff || (c >= 0xe0000 && c <= 0xe007f);
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f;
}

size_t utf8_next(const char *s, size_t n, unsigned *columns)
{
	utf8proc_int32_t state = 0;
	uint32_t c = 0, next;
	size_t len, more;

	if (is_plain(*s) && (n == 1 || is_plain(s[1]))) {
		*columns = 1;
		return 1;
	}
	len = utf8_decode(s, n, &c);
	*columns = len ? (unsigned)utf8proc_charwidth((utf8proc_int32_t)c) : 1;
	if (!len)
		return 1;
	while (len < n && (more = utf8_decode(s + len, n - len, &next)) &&
	       !utf8proc_grapheme_break_stateful((utf8proc_int32_t)c, (utf8proc_int32_t)next, &state)) {
		unsigned width = (unsigned)utf8proc_charwidth((utf8proc_int32_t)next);

		*columns = width > *columns ? width : *columns;
		len += more;
		c = next;
	}
	return len;
}

size_t utf8_columns(const char *s, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < n;) {
		unsigned columns;

		i += utf8_next(s + i, n - i, &columns);
		all += columns;
	}
	return all;
}
