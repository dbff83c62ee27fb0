// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/redact.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "util/clock.h"
#include "util/map.h"
#include "util/path.h"

static void put_text(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* Where the package path that begins at s ends: type arguments follow their function's path. */
static size_t path_length(const char *s, bool is_first)
{
	return strcspn(s, is_first ? "[" : "[](){}, ;*");
}

/* The last slash of n bytes; s itself if there is none. */
static const char *last_slash(const char *s, size_t n)
{
	const char *slash = memrchr(s, '/', n);

	return slash ? slash : s;
}

void redact_symbol(struct buf *b, const char *name)
{
	for (const char *s = name; *s;) {
		bool starts = s == name || strchr("[]({,; *", s[-1]);
		const char *slash;

		if (!starts || s[0] != '_' || s[1] != '/') {
			buf_put_u8(b, (uint8_t)*s++);
			continue;
		}
		slash = last_slash(s + 1, path_length(s + 1, s == name));
		put_text(b, "_/");
		s = slash + 1;
	}
}

/* The length of a function's package path: up to the first dot after the last slash. */
static size_t package_length(const char *func)
{
	size_t end = strcspn(func, "["), slash = 0;

	for (size_t i = 0; i < end; i++)
		if (func[i] == '/')
			slash = i + 1;
	for (size_t i = slash; i < end; i++)
		if (func[i] == '.')
			return i;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The compiler writes dots of a path's last element as %2e (cmd/internal/objabi/path.go). */
static void put_unescaped(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = s[i] == '%' && i + 2 < n ? hex_digit(s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s[i + 2]) : -1;

		if (low >= 0 && (high || low)) {
			buf_put_u8(b, (uint8_t)(high << 4 | low));
			i += 2;
		} else {
			buf_put_u8(b, (uint8_t)s[i]);
		}
	}
}

/* "example.org/lib@v1.2.3/a.go" of a file in the module cache; NULL: it is not there. */
static const char *in_module_cache(const char *file)
{
	const char *at = NULL;

	for (const char *s = file; (s = strstr(s, "/pkg/mod/")); s++)
		at = s + strlen("/pkg/mod/");
	if (!at && *file != '/')
		at = file;
	return at && strstr(at, "@v") ? at : NULL;
}

void redact_source(struct buf *b, const char *func, const char *file)
{
	const char *module = in_module_cache(file), *base = path_base(file);
	struct buf package = { 0 };
	size_t n;

	if (module) {
		put_text(b, module);
		return;
	}
	redact_symbol(&package, func);
	buf_put_u8(&package, 0);
	b->failed |= package.failed;
	n = package.failed ? 0 : package_length((const char *)package.data);
	/* Package main can be anywhere. */
	if (base != file && n && strncmp(func, "main.", 5) != 0) {
		put_unescaped(b, (const char *)package.data, n);
		buf_put_u8(b, '/');
	}
	put_text(b, base);
	buf_free(&package);
}

uint64_t redact_salt(void)
{
	uint64_t salt;

	return getrandom(&salt, sizeof(salt), 0) == sizeof(salt) ? salt : mono_ns();
}

const char *redact_hash(char to[REDACT_HASH], uint64_t salt, const char *s)
{
	uint64_t h = hash_u64(salt ^ strlen(s));

	for (; *s; s++)
		h = hash_u64(h ^ (uint8_t)*s);
	snprintf(to, REDACT_HASH, "#%08" PRIx32, (uint32_t)(h >> 32));
	return to;
}
