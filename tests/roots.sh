# Roots of Debian, made by debootstrap. tests/distros and tests/image source this
# file. It contains only functions, in POSIX sh.

# find_mirror: Prints the first source of Debian's main section in this machine's
# apt, other than the one of security updates.
find_mirror() {
	apt-get indextargets --format '$(COMPONENT) $(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' 2>/dev/null |
		awk '$1 == "main" && $2 ~ /^(https?|file):.*debian/ &&
			$2 !~ /security/ && $3 !~ /-/ { print $2; exit }'
}

# apt_option NAME: Prints the value of an option of this machine's apt.
apt_option() {
	value=
	eval "$(apt-config shell value "$1")"
	printf '%s\n' "$value"
}

# find_proxy URI: Prints the proxy that this machine's apt uses for a URI; nothing
# if it uses none.
find_proxy() {
	scheme=${1%%:*}
	host=${1#*://}
	host=${host%%[/:]*}
	found=
	for name in ProxyAutoDetect Proxy-Auto-Detect; do
		detect=$(apt_option "Acquire::$scheme::$name")
		[ -z "$detect" ] || found=$("$detect" "$1" 2>/dev/null) || found=
	done
	for name in "$scheme::Proxy::$host" "$scheme::Proxy"; do
		[ -n "$found" ] || found=$(apt_option "Acquire::$name")
	done
	[ "$found" = DIRECT ] || printf '%s\n' "$found"
}

# make_root RELEASE ROOT: by debootstrap from $mirror, by way of $proxy, and with
# what this machine's apt has to know of the way. Renamed when it is whole. What
# it runs writes to the file $log. Returns 77 if there is no way to the mirror.
make_root() {
	if ! /usr/lib/apt/apt-helper -o Acquire::http::Timeout=20 \
		-o Acquire::https::Timeout=20 -o Acquire::Retries=1 download-file \
		"${mirror%/}/dists/$1/InRelease" "$log" >/dev/null 2>&1; then
		echo "${0##*/}: $1: $mirror cannot be reached, or has no $1"
		return 77
	fi
	echo "${0##*/}: $1: debootstrap from $mirror"
	rm -rf --one-file-system "$2" "$2.new"
	# In two stages, for dpkg need not sync each file of the second.
	if ! { env ${proxy:+"${mirror%%:*}_proxy=$proxy"} debootstrap --foreign \
		--variant=minbase "$1" "$2.new" "$mirror" &&
		mkdir -p "$2.new/etc/dpkg/dpkg.cfg.d" &&
		echo force-unsafe-io >"$2.new/etc/dpkg/dpkg.cfg.d/distros" &&
		chroot "$2.new" /debootstrap/debootstrap --second-stage; } \
		>"$log" 2>&1 </dev/null; then
		tail -5 "$log"
		return 77
	fi
	apt-config dump | awk -v proxy="$proxy" -v scheme="${mirror%%:*}" '
		/^Acquire::(https?|ftp)::(Proxy|proxy)/ { next }
		/^Acquire::(https?::|Check-|Retries |ForceIPv)/ && !/ "";/
		END {
			if (proxy)
				printf "Acquire::%s::Proxy \"%s\";\n", scheme, proxy
			print "Acquire::Languages \"none\";"
		}' >"$2.new/etc/apt/apt.conf.d/80distros"
	chmod 700 "$2.new/root"
	mv "$2.new" "$2"
}
