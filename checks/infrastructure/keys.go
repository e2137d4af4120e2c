package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/secrets"
	"github.com/pyguard/pyguardml/internal/trackers"
)

// wandbKey reports whether a text has the form of a key of Weights & Biases: 40 hexadecimal digits, or more characters.
func wandbKey(text string) bool {
	return len(text) >= 40 && len(text) <= 200 && secrets.KeyLike(text) && !strings.ContainsAny(text, "./+=")
}

// cometKey reports whether a text has the form of a key of Comet: 20 to 50 letters and digits.
func cometKey(text string) bool {
	return len(text) >= 20 && len(text) <= 50 && secrets.KeyLike(text) && !strings.ContainsAny(text, "_./+=-")
}

// keyOfWandb is PML2227, keyOfComet PML2228.
var (
	keyOfWandb = (&trackers.Key{
		Variable: "WANDB_API_KEY", Looks: wandbKey, Login: "wandb",
		Given: []trackers.Given{{Calls: "wandb.login", At: checks.At{Pos: 1, Name: "key"}}, {Calls: "wandb.{Api,apis.public.Api}", At: checks.At{Pos: -1, Name: "api_key"}}, {Calls: "wandb.{Settings,sdk.wandb_settings.Settings}", At: checks.At{Pos: -1, Name: "api_key"}}},
	}).Rule(infoPML2227)
	keyOfComet = (&trackers.Key{
		Variable: "COMET_API_KEY", Looks: cometKey,
		Given: []trackers.Given{
			{Calls: "comet_ml.{Experiment,OfflineExperiment,API,ExistingExperiment,APIExperiment}", At: checks.At{Pos: 0, Name: "api_key"}},
			{Calls: "comet_ml.{start,init,login}", At: checks.At{Pos: -1, Name: "api_key"}},
			{Calls: "comet_ml.{experiment.Experiment,api.API,api.APIExperiment,experiment.ExistingExperiment,OfflineExistingExperiment}", At: checks.At{Pos: 0, Name: "api_key"}},
			{Calls: "{lightning.pytorch.loggers,pytorch_lightning.loggers,lightning.pytorch.loggers.comet,pytorch_lightning.loggers.comet}.CometLogger", At: checks.At{Pos: -1, Name: "api_key"}},
		},
	}).Rule(infoPML2228)
)
