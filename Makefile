# chanrec
#
#   make            build/chanrec
#   make demo       install what is missing, build, record a leaky program, report
#   make check      install what is missing, build, run every test
#   make install    PREFIX=/usr/local DESTDIR=
#   make check-go   the recordings of every Go version in every way to build
#   make check-kernels  record on Debian's 5.10, 6.1 and 6.12 kernels in QEMU, 6.12 with five levels of page tables, too
#   make bench      what watching costs, into docs/performance.md; BENCH="-p PART,..."
#   make unit e2e lint fuzz valgrind format clean
#
# SAN=1 builds with AddressSanitizer and UBSan into build/san; V=1 prints the commands.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CLANG_FORMAT ?= clang-format
PYTHON ?= /usr/bin/python3

V ?= 0
ifeq ($(V),0)
Q := @
endif
say = @printf '  %-5s %s\n' $(1) $@

SAN ?= 0
BUILD ?= build$(if $(filter 1,$(SAN)),/san)
OBJ := $(BUILD)/obj

LIBS := libbpf libelf libdw libzstd yajl capstone zlib
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 \
	-Wno-unused-parameter -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -I. -I$(BUILD) $(WARN) -DCHANREC_VERSION='"$(VERSION)"' \
	$(shell pkg-config --cflags $(LIBS)) $(CFLAGS)
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lpthread -lm
ifeq ($(SAN),1)
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif

MODULES := util format gobin record report cli
# A module is a folder with its rooms: at most two levels below.
rooms = $(wildcard $(1:%=%/$(2)) $(1:%=%/*/$(2)) $(1:%=%/*/*/$(2)))
SRCS := $(call rooms,$(MODULES),*.c)
OBJS := $(SRCS:%.c=$(OBJ)/%.o)
LIB := $(BUILD)/libchanrec.a
BPF_SRCS := $(wildcard bpf/*.bpf.c)
BPF_SKELS := $(BPF_SRCS:bpf/%.bpf.c=$(BUILD)/bpf/%.skel.h)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tools/%.c,$(BUILD)/tools/%,$(wildcard tools/*.c))

.PHONY: all
all: $(BUILD)/chanrec

$(BUILD)/chanrec: $(OBJ)/cli/main.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(filter-out $(OBJ)/cli/main.o,$(OBJS))
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The report calls across files for every event. Its objects hold machine code, too, for tests and tools.
ifneq ($(SAN),1)
LTO = -flto=auto -ffat-lto-objects
$(filter $(OBJ)/util/% $(OBJ)/format/% $(OBJ)/report/%,$(OBJS)): ALL_CFLAGS += $(LTO)
endif

# Only record/ and tools/ include the skeletons; they have to exist before it is compiled.
$(filter $(OBJ)/record/%,$(OBJS)): | $(BPF_SKELS)
$(TOOLS): | $(BPF_SKELS)

# Instructions of Linux 5.12.
$(BUILD)/bpf/chanrec.o $(BUILD)/bpf/chanrec_direct.o: BPF_CPU := -mcpu=v3

$(BUILD)/bpf/%.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) -target bpf $(BPF_CPU) -D__TARGET_ARCH_x86 -O2 -g -Wall -Werror -std=gnu17 -I. \
		-idirafter /usr/include/$(shell $(CC) -dumpmachine) -MMD -MP -MT $@ -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.o
	$(call say,GEN)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@.tmp && mv $@.tmp $@

$(BUILD)/tests/%: tests/unit/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LDLIBS)

$(BUILD)/tools/%: tools/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

.PHONY: tools unit unit-build
tools: $(TOOLS)
unit-build: $(UNIT)
unit: unit-build
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

.SECONDARY: $(BPF_SKELS:.skel.h=.o)

.PHONY: deps demo check check-go e2e
deps:
	@tools/install-deps

demo: deps
	@$(MAKE) --no-print-directory all
	@tools/demo

check: deps
	@$(MAKE) --no-print-directory all
	@tools/check

# Every Go version in every way to build; make check has the oldest, the newest and one in between.
GO_VERSIONS ?= 1.19 1.21 1.22 1.23 1.24 1.25 1.26 1.27
check-go: all
	CHANREC_TEST_GO="$(GO_VERSIONS)" CHANREC_TEST_VARIANTS=all $(PYTHON) -m pytest -q $(addprefix tests/e2e/test_, \
		oracle.py counts.py stacks.py versions.py leaks.py)

e2e: all
	$(PYTHON) -m pytest -q tests/e2e

# Programs as people run them, fetched by tools/real-programs, each under load.
.PHONY: check-real
check-real: deps
	@$(MAKE) --no-print-directory all
	$(PYTHON) -m pytest -q -rsP tests/real

# What watching costs, BENCH="-p pingpong,attach" for parts of it; and what a report does.
.PHONY: bench
bench: all tools
	@tools/bench/bench -o docs/performance.md $(BENCH)
	@tools/bench/report -o docs/performance.md

.PHONY: check-kernels
check-kernels: all
	@tools/kernel-matrix

FORMATTED := $(filter-out tests/unit/site_code.h,$(call rooms,$(MODULES),*.[ch]) $(wildcard bpf/*.[ch] tests/unit/*.[ch] \
	tests/fuzz/*.[ch] tools/*.[ch]))

.PHONY: format lint valgrind
format:
	@$(CLANG_FORMAT) -i $(FORMATTED)

lint: $(BPF_SKELS)
	@BUILD=$(BUILD) tools/lint

# The tests that need no toolchain and whose time valgrind does not make a nuisance.
SLOW := $(wildcard tests/unit/test_gobin*.c) tests/unit/test_format_damage.c tests/unit/test_format_second_reader.c
VALGRIND := $(filter-out $(SLOW:tests/unit/%.c=$(BUILD)/tests/%),$(UNIT))
valgrind: $(UNIT)
	@set -e; for t in $(VALGRIND); do echo "== valgrind $$t"; \
		valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=1 $$t; done

MAN := $(wildcard docs/*.1)
.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/doc/chanrec
	install -m 755 $(BUILD)/chanrec $(DESTDIR)$(PREFIX)/bin/chanrec
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 README.md CHANGELOG.md LICENSE docs/trace-format.md docs/report.schema.json docs/diff.schema.json \
		$(DESTDIR)$(PREFIX)/share/doc/chanrec

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/chanrec $(MAN:docs/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/chanrec

# libFuzzer on the trace reader: make fuzz FUZZ_SECONDS=600. What it finds is left in build/fuzz.
FUZZ_SECONDS ?= 30
FUZZ_SRCS := $(wildcard util/*.c format/*.c)
.PHONY: fuzz
fuzz: $(BUILD)/fuzz/fuzz_trace
	@mkdir -p $(BUILD)/fuzz/corpus tests/golden
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus tests/golden

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_SRCS) $(wildcard util/*.h format/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -fsanitize=%,$(ALL_CFLAGS)) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -o $@ $< $(FUZZ_SRCS) -lzstd -lz

.PHONY: clean
clean:
	rm -rf build

-include $(OBJS:.o=.d) $(BPF_SKELS:.skel.h=.d) $(UNIT:=.d) $(TOOLS:=.d)
