/* The program's version and what it was built with. Texts are constants. */
#ifndef INITSWEEP_COMMANDS_VERSION_H
#define INITSWEEP_COMMANDS_VERSION_H

const char *isw_version(void);     /* "0.1.0" */
const char *isw_version_git(void); /* "1aba268-dirty"; "" where the source was no git checkout */
const char *isw_version_compiler(void);
const char *isw_version_flags(void);
const char *isw_version_yaml(void);
const char *isw_version_xxhash(void);
const char *isw_version_sleef(void);
/* Prints program version, git description, compiler and flags, and the libraries with their versions. */
void isw_print_version(void);
#endif
