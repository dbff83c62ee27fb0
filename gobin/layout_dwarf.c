// SPDX-License-Identifier: GPL-2.0-or-later
/* Offsets in the runtime's structures, read from the program's own DWARF. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <libelf.h>
#include <string.h>

#include "gobin/internal.h"

/* At most this many typedefs, embedded structures and path elements are followed. */
#define MAX_DEPTH 16

/* The structures that the layout needs, and the variable that gives an array its bounds. */
static const char *const wanted[] = {
	"runtime.g",        "runtime.m",          "runtime.hchan",  "runtime.sudog",     "runtime.pollDesc",
	"runtime.semaRoot", "runtime.moduledata", "sync.WaitGroup", "sync.RWMutex",      "sync.Mutex",
	"sync.Cond",        "runtime.mheap",      "runtime.mspan",  "runtime.heapArena", "runtime.semtable",
};

#define NWANTED (sizeof(wanted) / sizeof(wanted[0]))
/* Without these, the DWARF is useless. */
#define NEEDED 4

struct types {
	Dwarf_Die die[NWANTED];
	bool have[NWANTED];
	unsigned n;
};

static void take(struct types *t, Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	const char *name;

	if (tag != DW_TAG_structure_type && tag != DW_TAG_variable)
		return;
	name = dwarf_diename(die);
	for (unsigned i = 0; name && i < NWANTED; i++) {
		bool is_var = i == NWANTED - 1;

		if (!t->have[i] && is_var == (tag == DW_TAG_variable) && !strcmp(name, wanted[i])) {
			t->die[i] = *die;
			t->have[i] = true;
			t->n++;
		}
	}
}

/* The linker puts all types into a unit of package runtime (cmd/link/internal/ld/dwarf.go). */
static void find_types(Dwarf *dw, struct types *t)
{
	Dwarf_Off off = 0, next;
	size_t hdr;

	while (t->n < NWANTED && !dwarf_nextcu(dw, off, &next, &hdr, NULL, NULL, NULL) && next > off) {
		Dwarf_Die cu, die;
		const char *name;

		if (dwarf_offdie(dw, off + hdr, &cu) && (name = dwarf_diename(&cu)) && !strcmp(name, "runtime") &&
		    !dwarf_child(&cu, &die)) {
			do
				take(t, &die);
			while (t->n < NWANTED && !dwarf_siblingof(&die, &die));
		}
		off = next;
	}
}

/* The type that a DIE's DW_AT_type refers to, following typedefs. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute at;
	Dwarf_Die cur = *die;

	for (int i = 0; i < MAX_DEPTH; i++) {
		if (!dwarf_attr(&cur, DW_AT_type, &at) || !dwarf_formref_die(&at, type))
			return false;
		if (dwarf_tag(type) != DW_TAG_typedef)
			return true;
		cur = *type;
	}
	return false;
}

static bool number(Dwarf_Die *die, unsigned attr, int32_t *out)
{
	Dwarf_Attribute at;
	Dwarf_Word v;

	if (!dwarf_attr(die, attr, &at) || dwarf_formudata(&at, &v) || v > INT32_MAX)
		return false;
	*out = (int32_t)v;
	return true;
}

static bool member(Dwarf_Die *type, const char *name, size_t len, Dwarf_Die *out)
{
	Dwarf_Die die;

	if (dwarf_tag(type) != DW_TAG_structure_type || dwarf_child(type, &die))
		return false;
	do {
		const char *n = dwarf_tag(&die) == DW_TAG_member ? dwarf_diename(&die) : NULL;

		if (n && strlen(n) == len && !memcmp(n, name, len)) {
			*out = die;
			return true;
		}
	} while (!dwarf_siblingof(&die, &die));
	return false;
}

/*
 * Go 1.26 changed sudog.elem and sudog.c to maybeTraceable: {vp unsafe.Pointer;
 * vu uintptr}, the second possibly embedded (runtime/runtime2.go). vu is always
 * set.
 */
static int32_t untraced_part(Dwarf_Die *type)
{
	Dwarf_Die m, cur = *type;
	int32_t sum = 0, off;

	for (int i = 0; i < MAX_DEPTH; i++) {
		if (member(&cur, "vu", 2, &m))
			return number(&m, DW_AT_data_member_location, &off) ? sum + off : 0;
		if (!member(&cur, "maybeTraceablePtr", strlen("maybeTraceablePtr"), &m) ||
		    !number(&m, DW_AT_data_member_location, &off) || !type_of(&m, &cur))
			return 0;
		sum += off;
	}
	return 0;
}

/* The offset of "a.b.c" (len bytes), or GO_NO_FIELD. */
static int32_t offset_of(Dwarf_Die *type, const char *path, size_t len)
{
	Dwarf_Die cur = *type, m;
	int32_t sum = 0, off;

	for (;;) {
		const char *dot = memchr(path, '.', len);
		size_t n = dot ? (size_t)(dot - path) : len;

		if (!member(&cur, path, n, &m) || !number(&m, DW_AT_data_member_location, &off) || !type_of(&m, &cur))
			return GO_NO_FIELD;
		sum += off;
		if (!dot)
			return sum + untraced_part(&cur);
		path += n + 1;
		len -= n + 1;
	}
}

static int type_index(const char *name)
{
	for (unsigned i = 0; i < NWANTED; i++) {
		if (!strcmp(name, wanted[i]))
			return (int)i;
	}
	return -1;
}

/* path may have alternatives: "a|b". */
static int32_t field(struct types *t, const char *type, const char *path)
{
	int i = type_index(type);

	if (i < 0 || !t->have[i])
		return LAYOUT_UNSET;
	for (;;) {
		size_t len = strcspn(path, "|");
		int32_t off = offset_of(&t->die[i], path, len);

		if (off >= 0 || !path[len])
			return off;
		path += len + 1;
	}
}

/* "runtime.semtable[]": bytes per element; "runtime.semtable[*]": elements. */
static int32_t array_size(struct types *t, bool count)
{
	Dwarf_Die array, elem, range;
	int i = type_index("runtime.semtable");
	int32_t size, n;

	if (!t->have[i] || !type_of(&t->die[i], &array) || dwarf_tag(&array) != DW_TAG_array_type)
		return LAYOUT_UNSET;
	if (!type_of(&array, &elem) || !number(&elem, DW_AT_byte_size, &size))
		return LAYOUT_UNSET;
	if (dwarf_child(&array, &range) || !number(&range, DW_AT_count, &n))
		return LAYOUT_UNSET;
	return count ? n : size;
}

static int32_t size(struct types *t, const char *type)
{
	size_t len = strlen(type);
	int32_t n;
	int i;

	if (len > 2 && type[len - 1] == ']')
		return array_size(t, type[len - 2] == '*');
	i = type_index(type);
	return i >= 0 && t->have[i] && number(&t->die[i], DW_AT_byte_size, &n) ? n : LAYOUT_UNSET;
}

static bool complete(const struct types *t)
{
	for (unsigned i = 0; i < NEEDED; i++) {
		if (!t->have[i])
			return false;
	}
	return true;
}

int layout_from_dwarf(const struct gobin *b, struct go_layout *out)
{
	struct types t = { 0 };
	Dwarf *dw = NULL;
	Elf *elf;
	int rc = -ENOENT;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return rc;
	elf = elf_memory((char *)b->im.map, b->im.size);
	if (elf)
		dw = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (dw)
		find_types(dw, &t);
	if (complete(&t)) {
#define X(memb, type, path) out->memb = field(&t, type, path);
		GO_LAYOUT_FIELDS(X)
#undef X
#define X(memb, type) out->memb = size(&t, type);
		GO_LAYOUT_SIZES(X)
#undef X
		out->from = NULL;
		out->guessed = false;
		rc = 0;
	}
	dwarf_end(dw);
	elf_end(elf);
	return rc;
}
