// Package supplychain holds the checks of part 6.3 of the catalog: what an AI project is built of and
// whom it trusts for it. Keys in source, settings and images; packages from where anybody may put
// them, by a wrong name, at a release with a known hole; images, workflows and servers that are open.
package supplychain
