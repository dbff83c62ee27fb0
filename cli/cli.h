/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_CLI_H
#define CHANREC_CLI_CLI_H

#include "util/err.h"

/* What a subcommand returns: the exit code. Of a failure the message is in err; main prints it. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int cmd_record(int argc, char **argv, struct err *err);
int cmd_report(int argc, char **argv, struct err *err);
int cmd_diff(int argc, char **argv, struct err *err);
int cmd_script(int argc, char **argv, struct err *err);
int cmd_info(int argc, char **argv, struct err *err);
int cmd_doctor(int argc, char **argv, struct err *err);

#endif
