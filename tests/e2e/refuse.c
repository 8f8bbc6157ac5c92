/*
 * refuse: preloaded into readdress-milter, it refuses one of libmilter's calls,
 * as libmilter does when Postfix cannot be told. READDRESS_REFUSE is the name
 * of the call and which one of the process's it is: "addrcpt_par 2". With
 * READDRESS_DIE in its place the process dies at that call, as by kill -9:
 * Postfix has heard what came before it, and nothing more.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>

/* True if the environment's variable names this call. */
static int is_named(const char *variable, const char *call, int *count)
{
	const char *wanted = getenv(variable);
	size_t len = strlen(call);

	return wanted && !strncmp(wanted, call, len) && wanted[len] == ' ' &&
	       ++*count == atoi(wanted + len);
}

static int is_refused(const char *call)
{
	static int refused, died;

	if (is_named("READDRESS_DIE", call, &died))
		(void)raise(SIGKILL);
	return is_named("READDRESS_REFUSE", call, &refused);
}

int smfi_addrcpt_par(SMFICTX *ctx, char *address, char *parameters)
{
	int (*real)(SMFICTX *, char *, char *);

	*(void **)&real = dlsym(RTLD_NEXT, "smfi_addrcpt_par");
	return is_refused("addrcpt_par") ? MI_FAILURE
					 : real(ctx, address, parameters);
}

int smfi_delrcpt(SMFICTX *ctx, char *address)
{
	int (*real)(SMFICTX *, char *);

	*(void **)&real = dlsym(RTLD_NEXT, "smfi_delrcpt");
	return is_refused("delrcpt") ? MI_FAILURE : real(ctx, address);
}

int smfi_chgfrom(SMFICTX *ctx, char *address, char *parameters)
{
	int (*real)(SMFICTX *, char *, char *);

	*(void **)&real = dlsym(RTLD_NEXT, "smfi_chgfrom");
	return is_refused("chgfrom") ? MI_FAILURE
				     : real(ctx, address, parameters);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int number, char *value)
{
	int (*real)(SMFICTX *, char *, int, char *);

	*(void **)&real = dlsym(RTLD_NEXT, "smfi_chgheader");
	return is_refused("chgheader") ? MI_FAILURE
				       : real(ctx, name, number, value);
}
