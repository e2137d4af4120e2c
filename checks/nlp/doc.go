// Package nlp holds the checks of part 3.2 of the catalog: text and how it is cut into tokens, the models that read
// it, and word vectors.
package nlp
