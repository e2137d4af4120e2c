package checks

//go:generate go run ../internal/cataloggen -root ..
