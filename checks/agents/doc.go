// Package agents holds the checks of part 6.1 of the catalog: what agents, their tools and
// MCP servers let a language model, and whoever writes what it reads, do.
package agents
