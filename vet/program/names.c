// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/index.h"
#include "util/vec.h"

/* Each has its own lock, so that threads rarely wait for one. */
#define SHARDS 16
#define CHUNK (64u << 10)
/* Names are found without a lock, so the tables of their texts never move. */
#define PAGE 4096
#define PAGES 4096

struct text {
	const char *s;
	size_t len;
};

struct shard {
	pthread_mutex_t lock;
	struct index index;
	struct text *pages[PAGES];
	uint32_t n;
	char *room;
	size_t left;
	VEC(char *) chunks;
};

struct names {
	struct shard shards[SHARDS];
};

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n));

	for (size_t i = 0; n && i < SHARDS; i++)
		pthread_mutex_init(&n->shards[i].lock, NULL);
	return n;
}

void names_free(struct names *n)
{
	for (size_t i = 0; n && i < SHARDS; i++) {
		struct shard *s = &n->shards[i];

		index_free(&s->index);
		for (size_t c = 0; c < s->chunks.n; c++)
			free(s->chunks.v[c]);
		for (size_t p = 0; p < PAGES; p++)
			free(s->pages[p]);
		vec_free(&s->chunks);
		pthread_mutex_destroy(&s->lock);
	}
	free(n);
}

static uint64_t hash_bytes(const char *s, size_t len)
{
	uint64_t h = len;

	for (; len >= 8; s += 8, len -= 8) {
		uint64_t w;

		memcpy(&w, s, 8);
		h = hash_two(h, w);
	}
	for (size_t i = 0; i < len; i++)
		h = h * 257 + (unsigned char)s[i];
	return hash_two(h, 0);
}

static bool is_text(const void *table, uint32_t i, const void *key)
{
	const struct shard *s = table;
	const struct text *a = &s->pages[i / PAGE][i % PAGE], *b = key;

	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

static char *shard_room(struct shard *s, size_t len)
{
	char *at;

	if (len > s->left) {
		size_t size = len > CHUNK ? len : CHUNK;
		char *chunk = malloc(size);

		if (!chunk || vec_push(&s->chunks, chunk)) {
			free(chunk);
			return NULL;
		}
		s->room = chunk;
		s->left = size;
	}
	at = s->room;
	s->room += len;
	s->left -= len;
	return at;
}

static uint32_t shard_add(struct shard *s, uint64_t hash, const char *text, size_t len)
{
	uint32_t i = s->n + 1; /* the index numbers its entries from 1 */
	char *copy = i / PAGE < PAGES ? shard_room(s, len + 1) : NULL;

	if (copy && !s->pages[i / PAGE])
		s->pages[i / PAGE] = calloc(PAGE, sizeof(struct text));
	if (!copy || !s->pages[i / PAGE] || !index_add(&s->index, hash, i))
		return 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	s->pages[i / PAGE][i % PAGE] = (struct text){ copy, len };
	s->n = i;
	return i;
}

uint32_t name_of(struct names *n, const char *text, size_t len)
{
	uint64_t hash = hash_bytes(text, len);
	struct shard *s = &n->shards[hash % SHARDS];
	uint32_t i;

	if (!len)
		return 0;
	pthread_mutex_lock(&s->lock);
	i = index_find(&s->index, hash, is_text, s, &(struct text){ text, len });
	if (!i)
		i = shard_add(s, hash, text, len);
	pthread_mutex_unlock(&s->lock);
	return i ? i * SHARDS + (uint32_t)(hash % SHARDS) : 0;
}

uint32_t name_str(struct names *n, const char *s)
{
	return name_of(n, s, strlen(s));
}

const char *name_text(const struct names *n, uint32_t id)
{
	return id ? n->shards[id % SHARDS].pages[id / SHARDS / PAGE][id / SHARDS % PAGE].s : "";
}
