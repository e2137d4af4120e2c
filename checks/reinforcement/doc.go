// Package reinforcement holds the checks of part 3.3 of the catalog: reinforcement learning, its
// environments, policies and rewards.
package reinforcement
