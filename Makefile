# chanrec: `make help` lists the targets.
#
# A line "## TARGET  TEXT" or "## VARIABLE=  TEXT" is one line of that list.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CLANG_FORMAT ?= clang-format
PYTHON ?= /usr/bin/python3

## V=1               print the commands
V ?= 0
ifeq ($(V),0)
Q := @
endif
# make -s prints nothing but errors.
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) $@)

## SAN=1             build with AddressSanitizer and UBSan, into build/san
SAN ?= 0
BUILD ?= build$(if $(filter 1,$(SAN)),/san)
OBJ := $(BUILD)/obj

LIBS := libbpf libelf libdw libzstd yajl capstone zlib libutf8proc sqlite3 tree-sitter
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 \
	-Wno-unused-parameter -Werror
CFLAGS ?= -O2 -g
# pkg-config is asked once, and only when something is compiled.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(LIBS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(LIBS)))$(PKG_LIBS)
# What every tool that reads the code has to know (also tools/lint).
BASE_CFLAGS = -std=gnu17 -D_GNU_SOURCE -I. -I$(BUILD) -DCHANREC_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
ALL_CFLAGS = $(BASE_CFLAGS) $(WARN) $(CFLAGS)
LDLIBS = $(PKG_LIBS) -lpthread -lm
ifeq ($(SAN),1)
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif

MODULES := util format gonames import gobin record report rewrite vet cli
# A module is a folder with its rooms, which are at most two levels below it.
rooms = $(wildcard $(1:%=%/$(2)) $(1:%=%/*/$(2)) $(1:%=%/*/*/$(2)))
SRCS := $(call rooms,$(MODULES),*.c)
# The grammar of Go, generated code that is kept as it is.
GRAMMAR := third_party/tree-sitter-go/parser.c
OBJS := $(SRCS:%.c=$(OBJ)/%.o) $(GRAMMAR:%.c=$(OBJ)/%.o)
LIB := $(BUILD)/libchanrec.a
BPF_SRCS := $(wildcard bpf/*.bpf.c)
BPF_SKELS := $(BPF_SRCS:bpf/%.bpf.c=$(BUILD)/bpf/%.skel.h)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tools/%.c,$(BUILD)/tools/%,$(wildcard tools/*.c))

## all               build/chanrec (the default)
.PHONY: all
all: $(BUILD)/chanrec

$(BUILD)/chanrec: $(OBJ)/cli/main.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -o $@ $^ $(LDLIBS)

## static            build/chanrec-static: one file that runs on any Linux, without libraries
.PHONY: static
static: $(BUILD)/chanrec-static

# Debian has yajl's archive under another name. sqlite could load extensions with dlopen(), of which the linker
# warns; chanrec loads none.
STATIC_LIBS = $(patsubst -lyajl,-lyajl_s,$(shell pkg-config --static --libs $(LIBS))) -lpthread -lm
$(BUILD)/chanrec-static: $(OBJ)/cli/main.o $(OBJ)/tools/static/capstone_x86.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -static-pie -s -Wl,--gc-sections -Wl,--no-warnings -o $@ $^ $(STATIC_LIBS)

$(LIB): $(filter-out $(OBJ)/cli/main.o,$(OBJS))
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(GRAMMAR:%.c=$(OBJ)/%.o): ALL_CFLAGS = -std=gnu11 -O2 -w -Ithird_party/tree-sitter-go
$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The report calls across files for every event, so it is optimised across files. Its objects also hold
# machine code, which tests and tools link without that optimisation.
ifneq ($(SAN),1)
LTO = -flto=auto -ffat-lto-objects
$(filter $(OBJ)/util/% $(OBJ)/format/% $(OBJ)/report/%,$(OBJS)): ALL_CFLAGS += $(LTO)
endif

# A file as a C string.
WEB_APP := $(foreach f,app.js app.css,$(BUILD)/report/render/html/$(f).inc $(BUILD)/report/render/html/$(f).hash.inc)
$(OBJ)/report/render/html/out_html.o: $(WEB_APP)
$(BUILD)/report/render/html/app.%.inc: report/render/html/app.% Makefile
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sed 's/[\\"?]/\\&/g; s/.*/"&\\n"/' $< > $@.tmp && mv $@.tmp $@

# SHA-256 in base64, for the page's Content-Security-Policy. GNU's printf takes the bytes in hexadecimal.
$(BUILD)/report/render/html/app.%.hash.inc: report/render/html/app.% Makefile
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)hex=$$(sha256sum < $<) && env printf "$$(echo "$${hex%% *}" | sed 's/../\\x&/g')" | base64 | sed 's/.*/"&"/' \
		> $@.tmp && mv $@.tmp $@

$(OBJ)/report/render/sql/out_sqlite.o: $(BUILD)/report/render/sql/schema.sql.inc
$(BUILD)/%.sql.inc: %.sql Makefile
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@.tmp && mv $@.tmp $@

SCHEMAS := $(BUILD)/report/render/json/report.schema.inc $(BUILD)/report/render/json/ndjson.schema.inc
$(OBJ)/report/render/json/out_json.o $(OBJ)/report/render/json/out_ndjson.o: $(SCHEMAS)
$(BUILD)/report/render/json/%.schema.inc: docs/%.schema.json Makefile
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@.tmp && mv $@.tmp $@

# Only record/ and tools/ include the skeletons, which have to exist before these are compiled.
$(filter $(OBJ)/record/%,$(OBJS)): | $(BPF_SKELS)
$(TOOLS): | $(BPF_SKELS)

# Instructions that Linux has since 5.12.
$(BUILD)/bpf/chanrec.o $(BUILD)/bpf/chanrec_direct.o: BPF_CPU := -mcpu=v3

$(BUILD)/bpf/%.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) -target bpf $(BPF_CPU) -D__TARGET_ARCH_x86 -O2 -g -Wall -Werror -std=gnu17 -I. \
		-idirafter /usr/include/$(shell $(CC) -dumpmachine) -MMD -MP -MT $@ -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.o
	$(call say,GEN)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@.tmp && mv $@.tmp $@

# What runs inside the target: one piece of code that can be put anywhere. tools/handler-blob checks it.
HANDLER_CFLAGS := -O2 -std=gnu17 -ffreestanding -fPIC -mgeneral-regs-only -mno-red-zone -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fomit-frame-pointer -ffixed-rbp -fno-jump-tables \
	-fno-reorder-blocks-and-partition -fno-reorder-functions -fno-ipa-cp -fno-ipa-sra -fstack-usage -Wall -Wextra \
	-Wno-unused-parameter -Werror -I.
HANDLER_STACK := 480
$(BUILD)/inline/handler.o: inline/handler.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(HANDLER_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/inline/handler.inc: $(BUILD)/inline/handler.o tools/handler-blob
	$(call say,GEN)
	$(Q)tools/handler-blob $< $(<:.o=.su) $(HANDLER_STACK) > $@.tmp && mv $@.tmp $@

$(OBJ)/record/inline/block.o: $(BUILD)/inline/handler.inc

$(BUILD)/tests/%: tests/unit/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LDLIBS)

$(BUILD)/tools/%: tools/%.c $(LIB) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

## tools             generators and benchmarks that are written in C
## unit-build        the unit tests, without running them
## unit              run the unit tests
.PHONY: tools unit unit-build
tools: $(TOOLS)
unit-build: $(UNIT)
# In parallel, unless -j says otherwise.
unit:
	@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) unit-build
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

.SECONDARY: $(BPF_SKELS:.skel.h=.o)

## deps              install missing Debian packages (as root)
## demo              record a leaky program and report on it
## check             run every test; tools/check PART... runs parts of it
## e2e               run the end-to-end tests (root and BPF)
.PHONY: deps demo check check-go e2e
deps:
	@tools/install-deps

demo: deps
	@mkdir -p $(BUILD)
	@echo "== make (log: $(BUILD)/build.log)"
	@$(MAKE) --no-print-directory all >$(BUILD)/build.log 2>&1 || { cat $(BUILD)/build.log; exit 1; }
	@tools/demo

check: deps
	@$(MAKE) --no-print-directory all
	@tools/check

# make check records the oldest Go version, the newest and one in between.
## check-go          the recordings again, with every Go version and every way to build
## GO_VERSIONS=      the versions for check-go
GO_VERSIONS ?= 1.19 1.21 1.22 1.23 1.24 1.25 1.26 1.27
check-go: all
	CHANREC_TEST_GO="$(GO_VERSIONS)" CHANREC_TEST_VARIANTS=all $(PYTHON) -m pytest -q $(addprefix tests/e2e/test_, \
		oracle.py counts.py stacks.py versions.py leaks.py)

e2e: all
	$(PYTHON) -m pytest -q tests/e2e

## faults            break recordings in every way (LONG=1: many times)
.PHONY: faults
faults: all
	$(PYTHON) tests/faults/faults.py $(if $(LONG),--long)

## check-cases       the production cases on every Go version, stripped or not, alone and amid traffic
.PHONY: check-cases
check-cases: all
	CHANREC_TEST_VARIANTS=all $(PYTHON) -m pytest -q tests/e2e/test_cases.py

## check-real        record real programs under load (fetched by tools/real-programs)
.PHONY: check-real
check-real: deps
	@$(MAKE) --no-print-directory all
	$(PYTHON) -m pytest -q -rsP tests/real

## web               rebuild the browser report's application from web/ (needs npm)
.PHONY: web
web:
	cd web && npm ci --silent && npm run --silent build

## bench             measure what recording and reporting cost, into docs/performance.md
## BENCH=            options of tools/bench/bench: BENCH="-p pingpong,attach"
.PHONY: bench
bench: all tools
	@tools/bench/bench -o docs/performance.md $(BENCH)
	@tools/bench/report -o docs/performance.md

## check-kernels     record on Debian's 5.10, 6.1 and 6.12 kernels, in QEMU
.PHONY: check-kernels
check-kernels: all
	@tools/kernel-matrix

# All C files but the generated one.
FORMATTED = $(shell find $(MODULES) bpf inline tests tools -name '*.[ch]' ! -name site_code.h)

## format            run clang-format on all C files
## lint              clang-format, include rules, cppcheck, clang-tidy, shellcheck, pyflakes
## valgrind          run the unit tests under valgrind
.PHONY: format lint valgrind
format:
	@$(CLANG_FORMAT) -i $(FORMATTED)

lint: $(BPF_SKELS) $(SCHEMAS) $(BUILD)/report/render/sql/schema.sql.inc $(WEB_APP) $(BUILD)/inline/handler.inc
	@CLANG_FORMAT='$(CLANG_FORMAT)' BASE_CFLAGS="$(subst ",\",$(BASE_CFLAGS))" FORMATTED='$(FORMATTED)' SRCS='$(SRCS)' tools/lint

## compile_commands.json   for clangd and other tools that need each file's flags
.PHONY: compile_commands.json
compile_commands.json: $(BPF_SKELS) $(SCHEMAS) $(BUILD)/report/render/sql/schema.sql.inc $(WEB_APP) $(BUILD)/inline/handler.inc
	@$(PYTHON) tools/compile-commands >$@.tmp && mv $@.tmp $@

## hooks             let git check what is about to be committed (tools/git-hooks)
.PHONY: hooks
hooks:
	@tools/git-hooks/install

## goldens           regenerate tests/golden/report-* and README's report, for git diff to show what changed
.PHONY: goldens
goldens: $(BUILD)/tests/test_report_golden $(BUILD)/chanrec
	@CHANREC_GOLDEN=update $<
	@tools/readme $(BUILD)/chanrec

# Without the tests that need a Go toolchain or would take minutes under valgrind.
SLOW := $(wildcard tests/unit/test_gobin*.c) tests/unit/test_format_damage.c tests/unit/test_report_damage.c tests/unit/test_format_second_reader.c
VALGRIND := $(filter-out $(SLOW:tests/unit/%.c=$(BUILD)/tests/%),$(UNIT))
valgrind: $(UNIT)
	@set -e; for t in $(VALGRIND); do echo "== valgrind $$t"; \
		valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=1 $$t; done

## install           PREFIX=/usr/local DESTDIR=
## uninstall
MAN := $(wildcard docs/*.1)
# Shell, and where it looks for completions.
COMPLETIONS := bash:bash-completion/completions/chanrec zsh:zsh/site-functions/_chanrec \
	fish:fish/vendor_completions.d/chanrec.fish
.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/doc/chanrec
	install -m 755 $(BUILD)/chanrec $(DESTDIR)$(PREFIX)/bin/chanrec
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	for shell in $(COMPLETIONS); do file=$(DESTDIR)$(PREFIX)/share/$${shell#*:}; mkdir -p "$${file%/*}" && \
		$(BUILD)/chanrec completion "$${shell%%:*}" >"$$file" && chmod 644 "$$file" || exit 1; done
	install -m 644 README.md CHANGELOG.md LICENSE docs/trace-format.md docs/vet.md docs/report.schema.json docs/diff.schema.json docs/ndjson.schema.json \
		$(DESTDIR)$(PREFIX)/share/doc/chanrec

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/chanrec $(MAN:docs/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)
	rm -f $(foreach c,$(COMPLETIONS),$(DESTDIR)$(PREFIX)/share/$(lastword $(subst :, ,$(c))))
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/chanrec

## fuzz              run libFuzzer on the readers of traces and cores and on the whole report; findings stay in build/fuzz
## FUZZ_SECONDS=30   for how long each
FUZZ_SECONDS ?= 30
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJS := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(call rooms,util format gonames import report rewrite vet gobin record/core record/memory,*.c)) $(BUILD)/fuzz/obj/$(GRAMMAR:.c=.o)
FUZZ_CFLAGS = $(filter-out -fsanitize=%,$(ALL_CFLAGS)) -fno-sanitize-recover=undefined
.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZERS:%=$(BUILD)/fuzz/%)
fuzz: fuzz-build
	@for fuzzer in $(FUZZERS); do mkdir -p $(BUILD)/fuzz/corpus-$$fuzzer && \
		$(BUILD)/fuzz/$$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$$fuzzer- $(BUILD)/fuzz/corpus-$$fuzzer tests/golden tests/fuzz/seeds \
		|| exit 1; done

.SECONDARY: $(FUZZ_OBJS)
$(BUILD)/fuzz/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/obj/$(GRAMMAR:.c=.o): FUZZ_CFLAGS = -std=gnu11 -O2 -w -Ithird_party/tree-sitter-go

$(BUILD)/fuzz/obj/report/render/html/out_html.o: $(WEB_APP)
$(BUILD)/fuzz/obj/report/render/sql/out_sqlite.o: $(BUILD)/report/render/sql/schema.sql.inc
$(BUILD)/fuzz/obj/report/render/json/out_json.o $(BUILD)/fuzz/obj/report/render/json/out_ndjson.o: $(SCHEMAS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJS) $(wildcard tests/unit/trace_text.h) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZ_OBJS) $(LDLIBS)

## clean             remove build/
.PHONY: clean
clean:
	rm -rf build

## help              this list
.PHONY: help
help:
	@awk '/^## [a-z]/ { sub(/^## /, "  "); target = target $$0 "\n" } /^## [A-Z]/ { sub(/^## /, "  "); variable = variable $$0 "\n" } \
		END { printf "Targets:\n%s\nVariables:\n%s", target, variable }' $(firstword $(MAKEFILE_LIST))

-include $(OBJS:.o=.d) $(FUZZ_OBJS:.o=.d) $(BPF_SKELS:.skel.h=.d) $(BUILD)/inline/handler.d $(UNIT:=.d) $(TOOLS:=.d)
