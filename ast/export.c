// Parses Python with the tree-sitter runtime and grammar that the imported Go packages
// already contain, and copies the whole tree into a flat buffer: the C boundary is crossed
// once a file instead of several times a node.
//
// The functions below are defined in github.com/smacker/go-tree-sitter and its python
// package. They are declared weak, so that cgo's trial link of this package alone succeeds;
// the program's final link resolves them, and there is no second copy of the parser. The
// structs have the layout of tree_sitter/api.h of that module's version (see go.mod).

#include "export.h"

#include <stdbool.h>
#include <stdlib.h>

#if defined(__APPLE__)
#define LATER
#else
#define LATER __attribute__((weak))
#endif

typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct TSLanguage TSLanguage;
typedef struct {
	uint32_t context[4];
	const void *id;
	const TSTree *tree;
} TSNode;
typedef struct {
	const void *tree;
	const void *id;
	uint32_t context[3];
} TSTreeCursor;

extern LATER const TSLanguage *tree_sitter_python(void);
extern LATER TSParser *ts_parser_new(void);
extern LATER void ts_parser_delete(TSParser *);
extern LATER bool ts_parser_set_language(TSParser *, const TSLanguage *);
extern LATER void ts_parser_set_cancellation_flag(TSParser *, const size_t *);
extern LATER TSTree *ts_parser_parse_string(TSParser *, const TSTree *, const char *, uint32_t);
extern LATER void ts_parser_reset(TSParser *);
extern LATER void ts_tree_delete(TSTree *);
extern LATER TSNode ts_tree_root_node(const TSTree *);
extern LATER TSTreeCursor ts_tree_cursor_new(TSNode);
extern LATER void ts_tree_cursor_delete(TSTreeCursor *);
extern LATER TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
extern LATER uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
extern LATER bool ts_tree_cursor_goto_parent(TSTreeCursor *);
extern LATER bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
extern LATER bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
extern LATER uint16_t ts_node_symbol(TSNode);
extern LATER uint32_t ts_node_start_byte(TSNode);
extern LATER uint32_t ts_node_end_byte(TSNode);
extern LATER bool ts_node_is_missing(TSNode);
extern LATER bool ts_node_has_error(TSNode);

pyast_state *pyast_new(void) {
	pyast_state *s = calloc(1, sizeof *s);
	if (s == NULL) return NULL;
	s->parser = ts_parser_new();
	if (s->parser == NULL || !ts_parser_set_language(s->parser, tree_sitter_python())) {
		pyast_free(s);
		return NULL;
	}
	ts_parser_set_cancellation_flag(s->parser, &s->stop);
	return s;
}

void pyast_free(pyast_state *s) {
	if (s->parser != NULL) ts_parser_delete(s->parser);
	free(s->records);
	free(s->path);
	free(s);
}

static bool grow(void **buffer, uint32_t *cap, uint32_t need, size_t size) {
	if (need <= *cap) return true;
	uint64_t cap64 = (uint64_t)*cap * 2;
	if (cap64 < 1024) cap64 = 1024;
	if (cap64 < need) cap64 = need;
	if (cap64 > UINT32_MAX / 2) return false;
	void *bigger = realloc(*buffer, cap64 * size);
	if (bigger == NULL) return false;
	*buffer = bigger;
	*cap = (uint32_t)cap64;
	return true;
}

// Appends a record for the cursor's node. Only a broken tree has missing nodes to ask for.
static bool add(pyast_state *s, const TSTreeCursor *cursor, const uint16_t *symbols, const uint8_t *fields, bool broken) {
	if (!grow((void **)&s->records, &s->cap, s->count + 1, sizeof *s->records)) return false;
	TSNode node = ts_tree_cursor_current_node(cursor);
	pyast_record *r = &s->records[s->count++];
	uint16_t symbol = ts_node_symbol(node);
	// 65535 is tree-sitter's ERROR, 65534 its ERROR repeat; the table's entry 0 stands for both.
	r->sym = symbol < 65534 ? symbols[symbol] : symbols[0];
	r->field = fields[ts_tree_cursor_current_field_id(cursor)];
	r->flags = broken ? PYAST_IN_BROKEN_TREE | (ts_node_is_missing(node) ? PYAST_MISSING : 0) : 0;
	r->start = ts_node_start_byte(node);
	r->end = ts_node_end_byte(node);
	r->next = s->count;
	return true;
}

// Walks with a cursor and a list of open records: no recursion, whatever the depth.
static int export_records(pyast_state *s, TSTreeCursor *cursor, const uint16_t *symbols, const uint8_t *fields) {
	uint32_t depth = 0;
	bool broken = ts_node_has_error(ts_tree_cursor_current_node(cursor));
	for (;;) {
		// An aligned word that only ever goes from 0 to 1: a late look is harmless.
		if ((s->count & 1023) == 0 && *(volatile size_t *)&s->stop) return PYAST_STOPPED;
		uint32_t index = s->count;
		if (!add(s, cursor, symbols, fields, broken)) return PYAST_NO_MEMORY;
		if (ts_tree_cursor_goto_first_child(cursor)) {
			if (!grow((void **)&s->path, &s->path_cap, depth + 1, sizeof *s->path)) return PYAST_NO_MEMORY;
			s->path[depth++] = index;
			continue;
		}
		while (!ts_tree_cursor_goto_next_sibling(cursor)) {
			if (depth == 0) return PYAST_OK;
			s->records[s->path[--depth]].next = s->count;
			ts_tree_cursor_goto_parent(cursor);
		}
	}
}

int pyast_parse(pyast_state *s, const char *text, uint32_t length, const uint16_t *symbols, const uint8_t *fields, int export_tree) {
	s->count = 0;
	TSTree *tree = ts_parser_parse_string(s->parser, NULL, text, length);
	if (tree == NULL) {
		// A stopped parse would be resumed by the next one.
		ts_parser_reset(s->parser);
		return PYAST_STOPPED;
	}
	int result = PYAST_OK;
	if (export_tree) {
		TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
		result = export_records(s, &cursor, symbols, fields);
		ts_tree_cursor_delete(&cursor);
	}
	ts_tree_delete(tree);
	return result;
}
