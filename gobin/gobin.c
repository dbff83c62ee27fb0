// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/gobin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"

#define PAGE 4096ull

/* Initialises what needs the tables. */
static int describe(struct gobin *b, struct err *err)
{
	const struct go_layout *l;
	struct pcln_func f;
	bool guessed;

	if (version_find(b) || build_id_find(b))
		return err_nomem(err);
	l = layout_from_table(b->minor, &guessed);
	pclntab_find_funcdata(&b->pcln, &b->im, l && !guessed ? (uint32_t)l->moduledata_gofunc : 0);
	/* runtime/cgo's entry for C; the package is linked in only with cgo. */
	b->cgo = !pclntab_func_named(&b->pcln, "crosscall2", &f);
	snprintf(b->symbols_from, sizeof(b->symbols_from), ".gopclntab (%s%s)", b->pcln.found,
	         b->pcln.funcdata.p ? "" : "; inlined calls unknown");
	return 0;
}

int gobin_open(struct gobin **out, const char *path, struct err *err)
{
	struct gobin *b = calloc(1, sizeof(*b));
	int rc;

	*out = NULL;
	if (!b)
		return err_nomem(err);
	rc = image_open(&b->im, path, err);
	if (!rc)
		rc = pclntab_find(&b->pcln, &b->im, path, err);
	if (!rc)
		rc = describe(b, err);
	if (rc) {
		gobin_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void gobin_free(struct gobin *b)
{
	struct map_slot *slot;

	if (!b)
		return;
	free(b->data.v);
	for (size_t i = 0; (slot = map_next(&b->print_names, &i));)
		free((char *)(uintptr_t)slot->val);
	map_free(&b->print_names);
	pclntab_free(&b->pcln);
	image_close(&b->im);
	free(b->reasons);
	free(b->reason_names);
	free(b->version);
	free(b->module);
	free(b->build_id);
	free(b);
}

const char *gobin_go_version(const struct gobin *b)
{
	return b->version;
}

int gobin_go_minor(const struct gobin *b)
{
	return b->minor;
}

const char *gobin_build_id(const struct gobin *b)
{
	return b->build_id;
}

const char *gobin_module(const struct gobin *b)
{
	return b->module ? b->module : "";
}

const char *gobin_symbols_from(const struct gobin *b)
{
	return b->symbols_from;
}

bool gobin_is_pie(const struct gobin *b)
{
	return b->im.pie;
}

bool gobin_has_inlined(const struct gobin *b)
{
	return b->pcln.funcdata.p != NULL;
}

bool gobin_has_cgo(const struct gobin *b)
{
	return b->cgo;
}

uint64_t gobin_load_addr(const struct gobin *b, uint64_t *file_off)
{
	const struct segment *low = &b->im.segs[0];

	for (unsigned i = 1; i < b->im.nsegs; i++) {
		if (b->im.segs[i].addr < low->addr)
			low = &b->im.segs[i];
	}
	if (file_off)
		*file_off = low->off & ~(PAGE - 1);
	return low->addr & ~(PAGE - 1);
}

int64_t gobin_file_offset(const struct gobin *b, uint64_t addr)
{
	uint64_t left;
	const uint8_t *p = image_at(&b->im, addr, &left);

	return p ? p - b->im.map : -1;
}

int gobin_writable(const struct gobin *b, unsigned i, uint64_t *addr, uint64_t *size)
{
	for (unsigned k = 0; k < b->im.nsegs; k++) {
		const struct segment *s = &b->im.segs[k];

		if (!s->writable || i--)
			continue;
		*addr = s->addr;
		*size = s->memsz;
		return 0;
	}
	return -ENOENT;
}

int gobin_read(const struct gobin *b, uint64_t addr, void *to, size_t len)
{
	return image_read(&b->im, addr, to, len);
}

bool go_is_system_entry(const char *func)
{
	/*
	 * isSystemGoroutine, runtime/traceback.go, Go 1.18 … 1.27. Here the
	 * finalizer and cleanup goroutines always count as the runtime's; Go
	 * shows them as user goroutines while they run a user's function.
	 */
	static const char *const user[] = { "runtime.main", "runtime.handleAsyncEvent", "runtime.corostart" };

	for (unsigned i = 0; i < sizeof(user) / sizeof(user[0]); i++) {
		if (!strcmp(func, user[i]))
			return false;
	}
	return !strncmp(func, "runtime.", strlen("runtime."));
}
