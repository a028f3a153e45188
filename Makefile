# Tachiai. `make help` lists the targets. Plain make: sources are found by folder, one static library a layer.
VERSION := 0.1.0

CC ?= gcc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
BUILD ?= build
PKG_CONFIG ?= pkg-config
MSGFMT ?= msgfmt

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libexecdir ?= $(exec_prefix)/libexec
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
localedir ?= $(datarootdir)/locale
docdir ?= $(datarootdir)/doc/tachiai
INSTALL ?= install

DEB_BUILD := build-essential pkg-config libncurses-dev libssl-dev libp11-dev libp11-kit-dev libqrencode-dev \
	libsodium-dev libcmocka-dev libyaml-dev libutf8proc-dev libcairo2-dev libpango1.0-dev fonts-noto-cjk gettext softhsm2 openssl \
	zlib1g-dev libzbar-dev libpng-dev libjpeg-dev
DEB_TEST := opensc tmux zbar-tools golang-go golang-golang-x-mod-dev mandoc python3 python3-pil fonts-vlgothic dialog \
	procps xorriso dosfstools e2fsprogs xxd poppler-utils qrencode clang libclang-rt-14-dev clang-format clang-tidy cppcheck valgrind \
	gnutls-bin
DEB_NPM := nodejs npm
DEB_INTEROP := $(DEB_NPM) chromium

PACKAGES := openssl libsodium libutf8proc yaml-0.1 libqrencode ncursesw

CFLAGS ?= -O2 -g
# WERROR=-Werror: no warning is left (what CI builds with)
WERROR ?=
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(WERROR)
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -fcf-protection
CPPFLAGS_ALL = -D_GNU_SOURCE -Iconsole -I. -DTACHIAI_VERSION='"$(VERSION)"' -DLOCALEDIR='"$(localedir)"' \
	-DLIBEXECDIR='"$(libexecdir)/tachiai"' $(CPPFLAGS)
CFLAGS_ALL = -std=c17 $(WARNINGS) $(HARDEN) $(SANITIZE) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now,-z,pack-relative-relocs,--as-needed,-O1 $(SANITIZE) $(LDFLAGS)
EXTRA := $(shell $(PKG_CONFIG) --cflags p11-kit-1 libp11 2>/dev/null)

LAYERS := base record script people pki steps engine screens commands
src = $(sort $(wildcard console/$(1)/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

HSM_CLIENT := console/hsm/hsm.c console/hsm/wire.c
HSM_HELPER := $(filter-out console/hsm/hsm.c,$(call src,hsm))
# What is printed links cairo and pango, which never load in the console: pages, and the program that makes them.
PRINT := $(sort $(wildcard media/page*.c))
REPORT := $(sort $(wildcard media/report*.c media/publish*.c))
MEDIA := $(filter-out $(PRINT) $(REPORT),$(sort $(wildcard media/*.c)))
PRINT_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags pangocairo pangoft2 2>/dev/null))

lib = $(BUILD)/lib$(1).a
LIBS_base := $(call lib,base)
LIBS_record := $(call lib,record) $(LIBS_base)
LIBS_script := $(call lib,script) $(LIBS_base)
LIBS_people := $(call lib,people) $(LIBS_record)
LIBS_hsm := $(call lib,hsm) $(LIBS_people)
LIBS_pki := $(call lib,pki) $(LIBS_base)
LIBS_media := $(call lib,media) $(LIBS_base)
LIBS_print := $(call lib,print) $(LIBS_media)
LIBS_steps := $(call lib,steps) $(call lib,hsm) $(call lib,pki) $(call lib,media) $(call lib,people) $(call lib,script) $(LIBS_record)
LIBS_engine := $(call lib,engine) $(LIBS_steps)
LIBS_screens := $(call lib,screens) $(LIBS_engine)
LIBS_commands := $(call lib,commands) $(LIBS_screens)

SYS_base := -lcrypto -lsodium -lutf8proc
SYS_record := $(SYS_base)
SYS_script := $(SYS_base) -lyaml
SYS_people := $(SYS_base)
SYS_hsm := $(SYS_base)
SYS_pki := $(SYS_base)
SYS_media := $(SYS_base) -lqrencode -lz
SYS_print := $(SYS_media) $(shell $(PKG_CONFIG) --libs pangocairo pangoft2 fontconfig 2>/dev/null)
SYS_steps := $(SYS_base) -lyaml -lqrencode -lz
SYS_engine := $(SYS_steps)
SYS_screens := $(SYS_engine) -lncursesw
SYS_commands := $(SYS_screens)

.PHONY: all
all: $(BUILD)/tachiai $(BUILD)/tachiai-hsm $(BUILD)/tachiai-report $(BUILD)/tachiai-scan $(BUILD)/tachiai-parse \
	$(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo

# Linked from the objects, not the archives: two layers that define the same name are found out here.
CONSOLE := $(BUILD)/console/main.o $(call obj,$(foreach l,$(LAYERS),$(call src,$(l))) $(HSM_CLIENT) $(MEDIA))
$(BUILD)/tachiai: $(CONSOLE)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(CONSOLE) $(SYS_commands)

$(BUILD)/tachiai-hsm: $(call obj,$(HSM_HELPER)) $(LIBS_people)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,$(HSM_HELPER)) $(LIBS_people) $(SYS_people) -lp11

$(BUILD)/tachiai-report: $(call obj,$(REPORT)) $(call lib,print) $(LIBS_engine)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,$(REPORT)) $(call lib,print) $(LIBS_engine) $(SYS_engine) $(SYS_print)

# What reads pictures is a program of its own, confined when it runs: libzbar and the readers of picture formats never load
# in the console.
$(BUILD)/tachiai-scan: $(call obj,media/scan/scan.c)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< -lzbar -lpng16 -ljpeg

# What came from outside is decoded by a program of its own first, which may only calculate.
LIBS_parse := $(call lib,pki) $(call lib,script) $(call lib,people) $(LIBS_base)
$(BUILD)/tachiai-parse: $(call obj,$(call src,parse)) $(LIBS_parse)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIBS_parse) $(SYS_script)

define layer_library
$(call lib,$(1)): $(call obj,$(call src,$(1)))
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_library,$(l))))
$(call lib,hsm): $(call obj,$(HSM_CLIENT))
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(call lib,media): $(call obj,$(MEDIA))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(call lib,print): $(call obj,$(PRINT))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(call obj,$(PRINT) $(REPORT)): EXTRA += $(PRINT_CFLAGS)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D); echo '  CC   $<'
	$(Q)$(CC) $(CPPFLAGS_ALL) $(EXTRA) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo: console/po/ja.po
	@mkdir -p $(@D)
	$(MSGFMT) --check -o $@ $<

# Unit tests: tests/unit/LAYER/test_NAME.c links LAYER and what lies below it, and nothing else.
UNIT := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/*/test_*.c)))
UNIT_COMMON := $(call obj,$(sort $(wildcard tests/unit/common/*.c)))
define unit_rule
$(BUILD)/tests/unit/$(1)/test_%: $(BUILD)/tests/unit/$(1)/test_%.o $(LIBS_$(1))
	@echo '  LINK $$@'
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$< $(LIBS_$(1)) $(SYS_$(1)) -lcmocka
endef
$(foreach l,$(LAYERS) hsm media print,$(eval $(call unit_rule,$(l))))

# PKCS#11 modules that give the answers which a real one will not give on demand.
# And what a test puts in front of the C library, for a medium that is pulled out.
FAKE_MODULE := $(patsubst %.c,$(BUILD)/%.so,$(sort $(wildcard tests/hsm/*_module.c tests/faults/*_preload.c)))
# A library that makes calls of a program go wrong.
PRELOADED := $(patsubst %.c,$(BUILD)/%.so,$(sort $(wildcard tests/preload/*.c)))
$(PRELOADED): LATE := -lgcc_s
$(FAKE_MODULE) $(PRELOADED): $(BUILD)/%.so: %.c
	@mkdir -p $(@D)
	$(CC) -std=c17 $(CPPFLAGS_ALL) $(EXTRA) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $< -lcrypto $(LATE)

.PHONY: unit
unit: all $(UNIT) $(FAKE_MODULE)
	@tests/run $(UNIT)

# Programs of the tests that need more than one layer: tests/{bench,faults,fuzz,interop,soak}/NAME.c link everything but main.
PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(filter-out tests/fuzz/fuzz_%.c tests/fuzz/replay.c %_preload.c,\
	$(sort $(wildcard tests/bench/*.c tests/faults/*.c tests/fuzz/*.c tests/interop/*.c tests/soak/*.c))))
$(PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(LIBS_commands)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIBS_commands) $(SYS_commands)

# What a report is measured against is drawn by cairo too.
$(BUILD)/tests/bench/bench_report.o: EXTRA += $(PRINT_CFLAGS)
$(BUILD)/tests/bench/bench_report: SYS_commands += $(SYS_print)

# Fuzz targets: tests/fuzz/fuzz_NAME.c, each with its corpus in tests/fuzz/corpus/NAME. As programs of the tests they go through
# files and folders of files once; `make fuzz` builds them again with libFuzzer, which makes up more.
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/replay.o
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(filter %.o,$(FUZZ_MAIN)) $(LIBS_commands)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(FUZZ_MAIN) $(FUZZ_ALSO) $(LIBS_commands) $(SYS_commands)

# What is printed is linked by the targets that go through it.
REPORT_FUZZED := $(call obj,$(filter-out media/report_main.c media/publish%,$(REPORT))) $(call lib,print)
FUZZERS_PRINT := $(BUILD)/tests/fuzz/fuzz_report $(BUILD)/tests/fuzz/fuzz_page
$(FUZZERS_PRINT): $(REPORT_FUZZED)
$(FUZZERS_PRINT): FUZZ_ALSO := $(REPORT_FUZZED)
$(FUZZERS_PRINT): SYS_commands += $(SYS_print)

# Then tests/fuzz/run SECONDS NAME runs one (without names all, ten minutes each).
.PHONY: fuzz fuzzers
fuzzers: $(FUZZERS)
fuzz: all
	tests/fuzz/make_base $(BUILD) build/fuzz/base
	$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SANITIZE='-fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=undefined' CFLAGS='-O1 -g' HARDEN='-fPIE' FUZZ_MAIN='-fsanitize=fuzzer' fuzzers

# What the corpora go through, in lines.
.PHONY: fuzz-coverage
fuzz-coverage:
	$(MAKE) --no-print-directory BUILD=build/coverage SANITIZE=--coverage CFLAGS='-O0 -g' HARDEN='-fPIE' all fuzzers
	@tests/fuzz/coverage build/coverage

# Each promise is a program that says what failed; tests/run runs them side by side and closes with "N passed, N failed".
CHECKS := tests/check-layers tests/check-opens tests/check-headers tests/check-manuals tests/check-translations tests/check-terminal $(sort $(wildcard tests/screens/test_* \
	tests/interop/test_* tests/faults/test_* tests/hsm/test_* tests/soak/test_*))
# The longest first, so that two processors end together.
LONG := $(wildcard tests/faults/test_tokens tests/faults/test_outside tests/faults/test_cut_anywhere tests/interop/test_certificates tests/interop/test_ocsp \
	tests/interop/test_record tests/faults/test_media_pulled tests/screens/test_auto tests/faults/test_prefixes tests/faults/test_roster tests/faults/test_conduct \
	tests/interop/test_verify_record.py tests/faults/test_custody tests/faults/test_amend)
.PHONY: test
test:
	@tests/deps $(DEB_BUILD) $(DEB_TEST)
	@$(MAKE) --no-print-directory all programs
	@BUILD=$(BUILD) tests/run $(LONG) $(UNIT) $(filter-out $(LONG),$(CHECKS))

# The screens over an engine that holds no ceremony.
CODE_CONSOLE := $(BUILD)/tests/screens/code_console
$(CODE_CONSOLE): $(BUILD)/tests/screens/code_console.o $(LIBS_screens)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIBS_screens) $(SYS_screens)

FAKE_CONSOLES := $(BUILD)/tests/screens/hostile_console $(BUILD)/tests/screens/fake_console
$(FAKE_CONSOLES): %: %.o $(LIBS_screens) | $(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo
	@echo '  LINK $@'
	$(Q)ln -sfn ../../locale $(@D)/locale
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIBS_screens) $(SYS_screens)

.PHONY: programs
programs: $(CODE_CONSOLE) $(FAKE_CONSOLES) $(UNIT) $(FAKE_MODULE) $(PRELOADED) $(PROGRAMS) $(FUZZERS)

.PHONY: demo
demo:
	@tests/deps $(DEB_BUILD)
	@$(MAKE) --no-print-directory all
	@rm -rf $(BUILD)/demo && mkdir -p $(BUILD)/demo
	$(BUILD)/tachiai rehearse ceremony-scripts/root-ca.yaml --record $(BUILD)/demo/root-ca.record --auto --report

.PHONY: deps
deps:
	@tests/deps $(DEB_BUILD) $(DEB_TEST)

.PHONY: check-layers
check-layers:
	@tests/check-layers

# The whole suite again under AddressSanitizer and UndefinedBehaviorSanitizer, in a tree of its own, which also counts what ran. What cannot
# run there stands in tests/unwatched, each program with its reason.
WATCHED := build/watched
CONFINED := $(addprefix $(BUILD)/,tachiai-scan tachiai-parse tests/faults/linter tests/faults/failing_parser)
UNWATCHED := $(shell sed -n 's/^\(tests[^ ]*\) .*/\1/p' tests/unwatched)
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
.PHONY: watched asan
asan: watched
watched:
	@tests/deps $(DEB_BUILD) $(DEB_TEST)
	@mkdir -p $(WATCHED) && $(CC) -std=c17 $(WARNINGS) -O1 -fPIE -c -o $(WATCHED)/watched.o tests/watched.c
	$(MAKE) --no-print-directory BUILD=$(WATCHED) SANITIZE='$(ASAN) --coverage' LDFLAGS=$(WATCHED)/watched.o CFLAGS='-O1 -g' HARDEN='-fPIE' WERROR= all programs
	@$(MAKE) --no-print-directory $(CONFINED) && for p in $(CONFINED); do cp $$p $(WATCHED)/$${p#$(BUILD)/}; done
	@find $(WATCHED) -name '*.gcda' -delete
	@BUILD=$(WATCHED) TACHIAI_SPARSE=6 tests/run $(filter-out $(UNWATCHED:tests/unit/%=$(WATCHED)/tests/unit/%) $(UNWATCHED),$(LONG) $(UNIT:$(BUILD)/%=$(WATCHED)/%) \
		$(filter-out $(LONG),$(CHECKS))); failed=$$?; tests/coverage $(WATCHED); exit $$failed

.PHONY: coverage
coverage:
	@tests/coverage $(WATCHED)

# Unit tests under valgrind. Left out: what lives on RSA, ECDSA, scrypt, drawing, or long tables, and takes valgrind over five seconds to a
# minute each; what mounts and limits itself, by calls that valgrind does not know; and what looks at the exit
# codes of its children, which valgrind changes.
SLOW := people/test_credential people/test_consent pki/test_der pki/test_profile pki/test_key_check pki/test_lint pki/test_lint_kinds pki/test_request pki/test_crl_read \
	pki/test_cms pki/test_crl pki/test_algorithm hsm/test_key hsm/test_odd_token media/test_qr media/test_frames media/test_bundle print/test_page \
	steps/test_card steps/test_card_helper steps/test_host base/test_time
UNKNOWN := base/test_aside base/test_confined base/test_match base/test_sandbox media/test_volume screens/test_console steps/test_foreign hsm/test_probe
VALGRIND := $(filter-out $(addprefix $(BUILD)/tests/unit/,$(SLOW) $(UNKNOWN)),$(UNIT))
.PHONY: valgrind
valgrind: programs
	@tests/run --with 'valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --suppressions=$(CURDIR)/tests/valgrind.suppressions' $(VALGRIND)

# What other compilers and checkers say: no warning is left. clang only reads, since its warnings are all of its front end; gcc's also come of
# optimizing. clang-tidy follows paths to a bound that is lower than its own, which would take most of an hour (TIDY_NODES=225000: its own).
SOURCES = $(sort $(wildcard console/*.c console/*/*.c media/*.c media/*/*.c))
TEST_SOURCES = $(sort $(wildcard tests/*/*.c tests/unit/*/*.c))
CHECKED_AS := -std=c17 -D_GNU_SOURCE -Iconsole -I. -DTACHIAI_VERSION='""' -DLOCALEDIR='""' -DLIBEXECDIR='""' $(EXTRA) $(PRINT_CFLAGS)
TIDY_NODES ?= 10000
.PHONY: lint lint-format lint-clang lint-gcc lint-cppcheck lint-tidy
lint: lint-format lint-clang lint-gcc lint-cppcheck lint-tidy
lint-format:
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	@echo "$$(git ls-files '*.c' '*.h' | wc -l) files as .clang-format has them"

lint-clang:
	printf '%s\n' $(SOURCES) $(TEST_SOURCES) | xargs -P 2 -n 16 clang -fsyntax-only $(WARNINGS) -Werror $(CHECKED_AS)
	@echo '$(words $(SOURCES) $(TEST_SOURCES)) files without a warning of clang'

lint-gcc:
	$(MAKE) --no-print-directory BUILD=build/gcc CC='$(CC)' WERROR=-Werror all programs

lint-cppcheck:
	cppcheck --quiet -j 2 --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability --suppress=missingIncludeSystem \
		--suppress=legacyUninitvar -DLOCALEDIR='""' -DLIBEXECDIR='""' -DTACHIAI_VERSION='""' -Iconsole -I. console media
	@echo '$(words $(SOURCES)) files without a finding of cppcheck'

lint-tidy:
	printf '%s\n' $(SOURCES) | xargs -P 2 -I {} clang-tidy --quiet {} -- $(CHECKED_AS) -Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES)
	@echo '$(words $(SOURCES)) files without a finding of clang-tidy'

# gcc follows every path. Left out are the kinds that it gets wrong here by the dozen (what a caller frees, what a caller refused).
ANALYZE := -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-null-dereference -Wno-analyzer-possible-null-dereference \
	-Wno-analyzer-null-argument -Werror
.PHONY: analyze
analyze:
	$(MAKE) --no-print-directory BUILD=build/analyze CC=gcc CFLAGS='-O1 -g $(ANALYZE)' all
	@echo '$(words $(SOURCES)) files without a finding of gcc -fanalyzer'

# All that is looked at but does not run the whole program, side by side, each with a line of its own: tests/gates/NAME is one target.
.PHONY: gates
gates:
	@tests/deps $(DEB_BUILD) $(DEB_TEST)
	@$(MAKE) --no-print-directory all programs
	@tests/run tests/gates/*

# Every call that writes, syncs, renames or talks to the token goes wrong once, in every shipped script. It takes days: FAULTS='--every 50'
# takes each fiftieth, FAULTS=--places each place in the program once after each pair of events (hours).
FAULTS ?=
.PHONY: faults
faults: all $(PRELOADED)
	tests/faults/sweep.py --build $(BUILD) $(FAULTS)

# Long use, at length: 1,000 rehearsals, one ceremony of 10,000 steps, many in one process. `make test` has a short form of it.
SOAK ?=
.PHONY: soak
soak: all $(BUILD)/tests/soak/again
	tests/soak/soak --build $(BUILD) $(SOAK)

.PHONY: bench
bench: all $(filter $(BUILD)/tests/bench/%,$(PROGRAMS))
	@tests/bench/run $(BUILD)

# The page that receives codes on the connected side: one HTML file with a decoder from npm, pinned by hash, in it.
RECEIVER := $(BUILD)/receiver/tachiai-receiver.html
.PHONY: receiver
receiver:
	@tests/deps $(DEB_NPM)
	@$(MAKE) --no-print-directory $(RECEIVER)

# Last of all the stamp: what was cut short is done again.
RECEIVER_NPM := $(BUILD)/receiver/node_modules/.whole
$(RECEIVER_NPM): media/receiver/package.json media/receiver/package-lock.json
	@mkdir -p $(BUILD)/receiver
	$(Q)cp $^ $(BUILD)/receiver/
	npm ci --prefix $(BUILD)/receiver --ignore-scripts --no-audit --no-fund --loglevel=error
	$(Q)touch $@

$(RECEIVER): $(RECEIVER_NPM) $(wildcard media/receiver/*) console/base/words.c console/base/text_hidden.c console/pki/extension.c
	node media/receiver/build.mjs $(BUILD)/receiver/node_modules $@

# What needs npm and a browser; what other people's tools of Debian check is in `make test`.
.PHONY: interop
interop:
	@tests/deps $(DEB_BUILD) $(DEB_TEST) $(DEB_INTEROP)
	@$(MAKE) --no-print-directory all $(filter $(BUILD)/tests/interop/%,$(PROGRAMS)) $(RECEIVER)
	@BUILD=$(BUILD) tests/run $(sort $(wildcard tests/interop/npm/test_*))

# The catalogue's messages, gathered from the source; what is missing in it is then said by tests/check-translations.
.PHONY: messages
messages:
	tests/messages > $(BUILD)/tachiai.pot
	msgmerge --quiet --no-fuzzy-matching --update --backup=none --no-wrap console/po/ja.po $(BUILD)/tachiai.pot

MANUALS1 := $(wildcard docs/*.1)
MANUALS5 := $(wildcard docs/*.5)
.PHONY: install
install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/tachiai $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 \
		$(DESTDIR)$(localedir)/ja/LC_MESSAGES $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)/tachiai/ceremony-scripts
	$(INSTALL) -m 755 $(BUILD)/tachiai $(DESTDIR)$(bindir)/tachiai
	$(INSTALL) -m 755 $(BUILD)/tachiai-hsm $(DESTDIR)$(libexecdir)/tachiai/tachiai-hsm
	$(INSTALL) -m 755 $(BUILD)/tachiai-report $(DESTDIR)$(libexecdir)/tachiai/tachiai-report
	$(INSTALL) -m 755 $(BUILD)/tachiai-scan $(DESTDIR)$(libexecdir)/tachiai/tachiai-scan
	$(INSTALL) -m 755 $(BUILD)/tachiai-parse $(DESTDIR)$(libexecdir)/tachiai/tachiai-parse
	$(INSTALL) -m 644 $(MANUALS1) $(DESTDIR)$(mandir)/man1
	$(INSTALL) -m 644 $(MANUALS5) $(DESTDIR)$(mandir)/man5
	$(INSTALL) -m 644 $(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo $(DESTDIR)$(localedir)/ja/LC_MESSAGES/tachiai.mo
	$(INSTALL) -m 644 $(wildcard docs/*.md) docs/verify-record.py $(DESTDIR)$(docdir)
	$(INSTALL) -m 644 $(wildcard ceremony-scripts/*.yaml) $(DESTDIR)$(datadir)/tachiai/ceremony-scripts

.PHONY: help
help:
	@echo 'all       build/tachiai and its helpers: tachiai-hsm, tachiai-report for paper, tachiai-scan for pictures, tachiai-parse'
	@echo 'demo      a root ceremony that plays itself, and verifies its record'
	@echo 'test      all tests (installs what is missing when run as root)'
	@echo 'watched   the whole suite under ASan and UBSan, with the figure of what ran (tests/unwatched: what cannot, and why)'
	@echo 'gates     lint (gcc, clang, cppcheck, clang-tidy, clang-format), analyze (gcc -fanalyzer), valgrind; each is a target too'
	@echo 'interop   the tests that need npm and Chromium'
	@echo 'receiver  build/receiver/tachiai-receiver.html: the page that receives codes on the connected side'
	@echo 'fuzz fuzz-coverage faults soak coverage bench check-layers messages deps install clean'

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
