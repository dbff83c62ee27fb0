// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For the static binary: capstone without the architectures that chanrec never
 * decodes. cs.c of libcapstone refers to each of them in one table, so that a
 * static link takes in the tables of all. These definitions come first, and the
 * members of the archive that have the real ones are left out: 5 MB.
 */
#include <capstone/capstone.h>

#define WITHOUT(arch) \
	cs_err arch##_global_init(void *); \
	cs_err arch##_option(void *, cs_opt_type, size_t); \
	cs_err arch##_global_init(void *ud) \
	{ \
		return CS_ERR_ARCH; \
	} \
	cs_err arch##_option(void *ud, cs_opt_type type, size_t value) \
	{ \
		return CS_ERR_ARCH; \
	}

WITHOUT(AArch64)
WITHOUT(ARM)
WITHOUT(EVM)
WITHOUT(M680X)
WITHOUT(M68K)
WITHOUT(Mips)
WITHOUT(PPC)
WITHOUT(Sparc)
WITHOUT(SystemZ)
WITHOUT(TMS320C64x)
WITHOUT(XCore)
