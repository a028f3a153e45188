# Tachiai. `make help` lists the targets. Plain make: sources are found by folder, one static library a layer.
VERSION := 0.1.0

CC ?= gcc
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
	libsodium-dev libcmocka-dev libyaml-dev libutf8proc-dev gettext softhsm2 openssl
DEB_TEST := clang clang-tidy clang-format cppcheck valgrind opensc tmux zbar-tools golang-go golang-golang-x-mod-dev \
	mandoc python3 dialog libvterm-dev python3-pil fonts-vlgothic xxd git

PACKAGES := openssl libsodium libutf8proc yaml-0.1 libqrencode ncursesw

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -fcf-protection
CPPFLAGS_ALL = -D_GNU_SOURCE -Iconsole -I. -DTACHIAI_VERSION='"$(VERSION)"' -DLOCALEDIR='"$(localedir)"' \
	-DLIBEXECDIR='"$(libexecdir)/tachiai"' $(CPPFLAGS)
CFLAGS_ALL = -std=c17 $(WARNINGS) $(HARDEN) $(SANITIZE) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
EXTRA := $(shell $(PKG_CONFIG) --cflags p11-kit-1 libp11 2>/dev/null)

LAYERS := base record script people pki steps engine screens commands
src = $(sort $(wildcard console/$(1)/*.c))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

HSM_CLIENT := console/hsm/hsm.c console/hsm/wire.c
HSM_HELPER := $(filter-out console/hsm/hsm.c,$(call src,hsm))
MEDIA := $(sort $(wildcard media/*.c))

lib = $(BUILD)/lib$(1).a
LIBS_base := $(call lib,base)
LIBS_record := $(call lib,record) $(LIBS_base)
LIBS_script := $(call lib,script) $(LIBS_base)
LIBS_people := $(call lib,people) $(LIBS_record)
LIBS_hsm := $(call lib,hsm) $(LIBS_people)
LIBS_pki := $(call lib,pki) $(LIBS_base)
LIBS_media := $(call lib,media) $(LIBS_base)
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
SYS_media := $(SYS_base) -lqrencode
SYS_steps := $(SYS_base) -lyaml -lqrencode
SYS_engine := $(SYS_steps)
SYS_screens := $(SYS_engine) -lncursesw
SYS_commands := $(SYS_screens)

.PHONY: all
all: $(BUILD)/tachiai $(BUILD)/tachiai-hsm $(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo

# Linked from the objects, not the archives: two layers that define the same name are found out here.
CONSOLE := $(BUILD)/console/main.o $(call obj,$(foreach l,$(LAYERS),$(call src,$(l))) $(HSM_CLIENT) $(MEDIA))
$(BUILD)/tachiai: $(CONSOLE)
	$(CC) $(LDFLAGS_ALL) -o $@ $(CONSOLE) $(SYS_commands)

$(BUILD)/tachiai-hsm: $(call obj,$(HSM_HELPER)) $(LIBS_people)
	$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,$(HSM_HELPER)) $(LIBS_people) $(SYS_people) -lp11

define layer_library
$(call lib,$(1)): $(call obj,$(call src,$(1)))
	rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_library,$(l))))
$(call lib,hsm): $(call obj,$(HSM_CLIENT))
	rm -f $@ && $(AR) rcs $@ $^
$(call lib,media): $(call obj,$(MEDIA))
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(EXTRA) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/locale/ja/LC_MESSAGES/tachiai.mo: console/po/ja.po
	@mkdir -p $(@D)
	$(MSGFMT) --check -o $@ $<

# Unit tests: tests/unit/LAYER/test_NAME.c links LAYER and what lies below it, and nothing else.
UNIT := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/*/test_*.c)))
UNIT_COMMON := $(call obj,$(sort $(wildcard tests/unit/common/*.c)))
define unit_rule
$(BUILD)/tests/unit/$(1)/test_%: $(BUILD)/tests/unit/$(1)/test_%.o $(LIBS_$(1))
	$$(CC) $$(LDFLAGS_ALL) -o $$@ $$< $(LIBS_$(1)) $(SYS_$(1)) -lcmocka
endef
$(foreach l,$(LAYERS) hsm media,$(eval $(call unit_rule,$(l))))

# A PKCS#11 module that gives the answers which a real one will not give on demand.
FAKE_MODULE := $(BUILD)/tests/hsm/fake_module.so
$(FAKE_MODULE): tests/hsm/fake_module.c
	@mkdir -p $(@D)
	$(CC) -std=c17 $(CPPFLAGS_ALL) $(EXTRA) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $< -lcrypto

.PHONY: unit
unit: all $(UNIT) $(FAKE_MODULE)
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
