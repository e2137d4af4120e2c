// Package all lists the built-in checks. It holds no state: each part of the catalog hands
// over its checks when asked.
package all

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/checks/agents"
	"github.com/pyguard/pyguardml/checks/cloud"
	"github.com/pyguard/pyguardml/checks/datasets"
	"github.com/pyguard/pyguardml/checks/features"
	"github.com/pyguard/pyguardml/checks/federated"
	"github.com/pyguard/pyguardml/checks/generative"
	"github.com/pyguard/pyguardml/checks/infrastructure"
	"github.com/pyguard/pyguardml/checks/libraries"
	"github.com/pyguard/pyguardml/checks/loading"
	"github.com/pyguard/pyguardml/checks/monitoring"
	"github.com/pyguard/pyguardml/checks/multimodal"
	"github.com/pyguard/pyguardml/checks/nlp"
	"github.com/pyguard/pyguardml/checks/notebooks"
	"github.com/pyguard/pyguardml/checks/prompts"
	"github.com/pyguard/pyguardml/checks/registries"
	"github.com/pyguard/pyguardml/checks/reinforcement"
	"github.com/pyguard/pyguardml/checks/robustness"
	"github.com/pyguard/pyguardml/checks/serialization"
	"github.com/pyguard/pyguardml/checks/services"
	"github.com/pyguard/pyguardml/checks/serving"
	"github.com/pyguard/pyguardml/checks/supplychain"
	"github.com/pyguard/pyguardml/checks/training"
	"github.com/pyguard/pyguardml/checks/vision"
)

// Checks returns all built-in checks, part by part. The slice is the caller's.
func Checks() []checks.Check {
	var list []checks.Check
	for _, part := range parts {
		list = append(list, part()...)
	}
	return list
}

// parts are the folders below checks/, in the order of the catalog.
var parts = [...]func() []checks.Check{
	prompts.Checks,
	serialization.Checks,
	training.Checks,
	robustness.Checks,
	features.Checks,
	infrastructure.Checks,
	serving.Checks,
	monitoring.Checks,
	vision.Checks,
	reinforcement.Checks,
	libraries.Checks,
	nlp.Checks,
	notebooks.Checks,
	datasets.Checks,
	registries.Checks,
	cloud.Checks,
	generative.Checks,
	multimodal.Checks,
	federated.Checks,
	agents.Checks,
	loading.Checks,
	supplychain.Checks,
	services.Checks,
}
