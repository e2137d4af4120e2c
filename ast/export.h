#ifndef PYGUARDML_AST_EXPORT_H
#define PYGUARDML_AST_EXPORT_H

#include <stddef.h>
#include <stdint.h>

// One node of the syntax tree. Records stand in pre-order; the descendants of record i are
// i+1 up to, and without, its next.
typedef struct {
	uint16_t sym;   // index into the table of symbols handed to pyast_parse
	uint8_t field;  // likewise
	uint8_t flags;  // PYAST_* below
	uint32_t start; // byte offsets, half open
	uint32_t end;
	uint32_t next;
} pyast_record;

enum { PYAST_MISSING = 1, PYAST_IN_BROKEN_TREE = 2 };

// A parser together with the buffer that it fills. Not for use by two threads at once,
// except for stop, which any thread may set to end a running parse.
typedef struct {
	void *parser;
	size_t stop;
	pyast_record *records;
	uint32_t count;
	uint32_t cap;
	uint32_t *path; // indexes of the open records during export
	uint32_t path_cap;
} pyast_state;

enum { PYAST_OK = 0, PYAST_STOPPED = 1, PYAST_NO_MEMORY = 2 };

pyast_state *pyast_new(void);
void pyast_free(pyast_state *s);
int pyast_parse(pyast_state *s, const char *text, uint32_t length, const uint16_t *symbols, const uint8_t *fields, int export_tree);

#endif
