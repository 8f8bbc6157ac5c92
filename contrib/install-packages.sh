# Sourced by contrib/postfix/try and tests/run: what both need of Debian.
# Functions only; POSIX sh.

# other_mta: prints the mail transport agent, other than Postfix, that is
# installed; status 1 when there is none. Installing Postfix would remove it.
other_mta() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' |
		awk '$1 ~ /^.i/ && $2 != "postfix" && /mail-transport-agent/ {
			print $2; found = 1; exit
		}
		END { exit !found }'
}

# refuse_other_mta TOP COMMAND: returns 1, and says how to run COMMAND (a path
# below TOP) in a container, where another MTA is installed.
refuse_other_mta() {
	mta=$(other_mta) || return 0
	cat >&2 <<-END
	$mta is installed on this machine, and apt would remove it to install
	Postfix. Nothing was changed. In a container instead:

	  docker run --rm -it -v "$1":/src:ro debian:12 sh -c \\
	    'cp -r /src /root/readdress && rm -rf /root/readdress/build &&
	     /root/readdress/$2'
	END
	return 1
}

# installed_packages: the names of what is installed, one a line, with those that
# it provides: on Debian 13 libgmime-3.0-0t64 is libgmime-3.0-0.
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

# missing_packages FILE [PURPOSE...]: those named in FILE, one a line, that are
# not installed; only what is there for one of the purposes.
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

# local_postfix: makes a Postfix that has just been installed as "Local only" one
# that works: it listens on loopback alone, and may send mail elsewhere.
local_postfix() {
	for name in default_transport relay_transport; do
		case $(postconf -h "$name") in
		error*) postconf -X "$name" ;;
		esac
	done
}

# install_packages FILE [PURPOSE...]: installs what is missing, with apt. A
# Postfix that comes this way is not started, and listens on loopback alone when
# somebody starts it: as it is after a restart of the machine.
install_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086
	set -- $missing
	if [ "$(id -u)" != 0 ]; then
		echo "not installed, and installing needs root: $*" >&2
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
	)
}
