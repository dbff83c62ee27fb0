/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_PROTO_H
#define CHANREC_UTIL_PROTO_H

/*
 * Encodes protocol buffers: each function appends one field to a message in a
 * buffer. Fields of value 0 and empty strings are written, too, as a member of
 * a oneof needs. The encoding: https://protobuf.dev/programming-guides/encoding
 */

#include "util/buf.h"

/* bool, enum, uint32, uint64; int64 as (uint64_t)v. */
void proto_u64(struct buf *b, uint32_t field, uint64_t v);
void proto_fixed64(struct buf *b, uint32_t field, uint64_t v);
void proto_bytes(struct buf *b, uint32_t field, const void *p, size_t n);
void proto_str(struct buf *b, uint32_t field, const char *s); /* valid UTF-8 */

/* A nested message: what is appended between the two. They nest. */
size_t proto_open(struct buf *b, uint32_t field);
void proto_close(struct buf *b, size_t opened);

#endif
