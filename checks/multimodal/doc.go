// Package multimodal holds the checks of part 5.2 of the catalog: models that see, hear and speak,
// what pictures, videos and sound bring into a program, and what models send to voices and machines.
package multimodal
