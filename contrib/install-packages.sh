# What contrib/postfix/try and tests/run, which source this file, need from
# Debian. It contains only functions, in POSIX sh.

# other_mta: Prints the mail transport agent other than Postfix that is installed.
# Installing Postfix would remove it. Returns 1 if there is none.
other_mta() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' |
		awk '$1 ~ /^.i/ && $2 != "postfix" && /mail-transport-agent/ {
			print $2; found = 1; exit
		}
		END { exit !found }'
}

# refuse_other_mta TOP COMMAND: Returns 1 if another MTA is installed, and prints
# how to run COMMAND (a path below TOP) in a container.
refuse_other_mta() {
	mta=$(other_mta) || return 0
	cat >&2 <<-END
	$mta is installed on this machine, and apt would remove it to install
	Postfix. Nothing was changed. Use a container instead:

	  docker run --rm -it -v "$1":/src:ro debian:12 sh -c \\
	    'cp -r /src /root/readdress && rm -rf /root/readdress/build &&
	     /root/readdress/$2'
	END
	return 1
}

# installed_packages: Prints the names of the installed packages, one per line,
# and the names that they provide: on Debian 13 libgmime-3.0-0t64 provides
# libgmime-3.0-0.
installed_packages() {
	dpkg-query -W -f '${db:Status-Abbrev}, ${Package}, ${Provides}\n' |
		awk -F, '$1 ~ /^.i/ {
			for (i = 2; i <= NF; i++) {
				sub(/^ */, "", $i)
				sub(/[ :(].*/, "", $i)
				print $i
			}
		}'
}

# missing_packages FILE [PURPOSE...]: Prints the packages in FILE that are not
# installed, one per line. If purposes are given, only packages for one of them.
missing_packages() {
	list=$1
	shift
	installed=$(installed_packages)
	sed 's/#.*//' "$list" | while read -r package purposes; do
		[ -n "$package" ] || continue
		wanted=$#
		for purpose in "$@"; do
			case " $purposes " in
			*" $purpose "*) wanted=0 ;;
			esac
		done
		[ "$wanted" = 0 ] || continue
		printf '%s\n' "$installed" | grep -Fqx -e "$package" ||
			printf '%s\n' "$package"
	done
}

# local_postfix: Makes a Postfix that was just installed as "Local only" work: it
# listens on loopback only, and may send mail to other hosts.
local_postfix() {
	for name in default_transport relay_transport; do
		case $(postconf -h "$name") in
		error*) postconf -X "$name" ;;
		esac
	done
}

# disable_daemons PACKAGE...: Keeps the daemons of these packages, which tests
# start with configurations of their own, from starting with the machine, whether
# systemd starts it, another init, or none yet. Postfix is left as it is.
disable_daemons() {
	for package; do
		[ "$package" != postfix ] || continue
		dpkg-query -L "$package" 2>/dev/null | sed -n \
			-e 's|^/etc/init\.d/\([^/]*\)$|\1|p' \
			-e 's|^\(/usr\)\{0,1\}/lib/systemd/system/\([^/@]*\)\.service$|\2|p'
	done | sort -u | while read -r daemon; do
		update-rc.d "$daemon" disable >/dev/null 2>&1 || :
	done
}

# install_packages FILE [PURPOSE...]: Installs the missing packages with apt. No
# daemon that is installed this way is started, and only Postfix is when the
# machine starts the next time. It then listens on loopback only.
install_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086
	set -- $missing
	if [ "$(id -u)" != 0 ]; then
		echo "these packages are missing, and only root can install them: $*" >&2
		return 1
	fi
	echo "installing $# packages with apt: $*"
	(
		umask 022 # packages make files as they are configured
		log=$(mktemp)
		policy=/usr/sbin/policy-rc.d
		trap 'rm -f "$log"' EXIT
		if ! [ -e "$policy" ]; then
			trap 'rm -f "$log" "$policy"' EXIT
			printf '#!/bin/sh\nexit 101\n' >"$policy"
			chmod 755 "$policy"
		fi
		trap 'exit 130' INT TERM HUP
		postfix=
		case " $* " in
		*" postfix "*)
			postfix=new
			echo "postfix postfix/main_mailer_type select Local only" |
				debconf-set-selections
		esac
		export DEBIAN_FRONTEND=noninteractive
		lock='-o DPkg::Lock::Timeout=300'
		# shellcheck disable=SC2086
		if ! { apt-get $lock update &&
			apt-get $lock install -y --no-install-recommends "$@"; } \
			>"$log" 2>&1 </dev/null; then
			cat "$log" >&2
			echo "apt could not install: $*" >&2
			exit 1
		fi
		[ -z "$postfix" ] || local_postfix
		disable_daemons "$@"
	)
}
