// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/gocode.h"

#include <errno.h>
#include <stdlib.h>

#define CODE_MAX (64u << 10) /* longer than any runtime function that is decoded */

int gocode_open(struct code *c, const struct gobin *bin, const struct go_func *f, struct err *err)
{
	size_t len = f->end > f->entry ? f->end - f->entry : 0;
	uint8_t *bytes;
	int ret;

	if (!len || len > CODE_MAX)
		return err_set(err, ENOEXEC, "%s has an implausible length (%zu bytes)", f->name, len);
	bytes = malloc(len);
	if (!bytes)
		return err_nomem(err);
	ret = gobin_read(bin, f->entry, bytes, len);
	if (ret)
		err_set(err, -ret, "cannot read the code of %s", f->name);
	else
		ret = code_open(c, bytes, len, f->entry, err);
	free(bytes);
	return ret;
}

int gocode_open_name(struct code *c, const struct gobin *bin, const char *name, struct err *err)
{
	struct go_func f;

	if (gobin_func_by_name(bin, name, &f))
		return err_set(err, ENOENT, "the program has no function %s", name);
	return gocode_open(c, bin, &f, err);
}

struct select_slots gocode_select_slots(const struct gobin *bin)
{
	const struct select_slots none = { -1, -1, -1 };
	struct select_slots s = none;
	struct code c;

	if (gocode_open_name(&c, bin, "runtime.selectgo", NULL))
		return none;
	/* selectgo(cas0, order0, pc0, nsends, nrecvs, block), runtime/select.go */
	if (code_spill(&c, 0, &s.cas0, NULL) || code_spill(&c, 3, &s.nsends, NULL) || code_select_ncases(&c, &s.ncases))
		s = none;
	code_close(&c);
	return s;
}

bool gocode_keeps_arg(const struct gobin *bin, const char *name)
{
	struct code c;
	int32_t off;
	bool keeps;

	if (gocode_open_name(&c, bin, name, NULL))
		return false;
	keeps = code_spill(&c, 0, &off, NULL) == 0;
	code_close(&c);
	return keeps;
}
