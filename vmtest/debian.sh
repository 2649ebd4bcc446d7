# debian.sh - packages of Debian without touching the system, for the fetch-*
# scripts: apt with a configuration of its own below the user's cache. The
# system's sources, lists and packages are only read.

name=${0##*/}
say() { echo "$name: $*" >&2; }
die() { say "$@"; exit 1; }

# debian SUITE ARCH APT: reads the suite's index into directory APT, unless one
# of the last hour is there, and leaves apt's options in $opts and its log in
# $log. The mirror is that of the system's own sources (first address ending in
# /debian), or $EBTRACE_MIRROR. What fails is tried three times.
debian() {
	for tool in apt-get dpkg-deb; do
		command -v $tool >/dev/null || die "$tool is not installed: packages are fetched from Debian with it"
	done
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r $keyring ] || die "$keyring is missing: install debian-archive-keyring"
	mirror=${EBTRACE_MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -v '^ *#' | grep -oE '[a-z+]+://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')}
	mirror=${mirror%/}
	[ -n "$mirror" ] || die "no Debian mirror: the system's sources name none; set EBTRACE_MIRROR"
	case $1 in *-security) uri=$mirror-security ;; *) uri=$mirror ;; esac

	apt=$3 log=$3/log
	mkdir -p "$apt/etc" "$apt/state/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\nSigned-By: %s\n' \
		"$uri" "$1" "$2" "$keyring" >"$apt/etc/debian.sources"
	opts="-q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$apt/etc
		-o Dir::State=$apt/state -o Dir::State::status=$apt/status -o Dir::Cache=$apt/cache
		-o APT::Architecture=$2 -o APT::Architectures=$2 -o APT::Sandbox::User=root
		-o APT::Update::Error-Mode=any -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
		-o Acquire::Retries=2 -o Debug::NoLocking=true"
	[ -z "$(find "$apt/updated" -mmin -60 2>/dev/null)" ] || return 0
	thrice apt-get $opts update ||
		die "cannot read the $1 index from the Debian mirror (offline?): $(grep -m 1 '^[EW]:' "$log" || tail -n 1 "$log")"
	touch "$apt/updated"
}

# thrice COMMAND...: until it succeeds, with what it says in $log.
thrice() {
	for pause in 3 15 -; do
		"$@" >"$log" 2>&1 && return 0
		[ $pause = - ] || sleep $pause
	done
	return 1
}
