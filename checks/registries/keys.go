package registries

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/trackers"
)

// neptuneToken reports whether a text is a token of Neptune: base64 of JSON that begins with the server's address.
func neptuneToken(text string) bool {
	return len(text) >= 60 && strings.HasPrefix(text, "eyJhcGlfYWRkcmVzcyI6") && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=-_", r))
	})
}

// keyOfNeptune is PML4303.
var keyOfNeptune = (&trackers.Key{
	Variable: "NEPTUNE_API_TOKEN", Looks: neptuneToken,
	Given: []trackers.Given{
		{Calls: "neptune.{init_run,init_model,init_model_version,init_project,init,Run,Model,ModelVersion,Project}", At: token},
		{Calls: "neptune.new.{init_run,init_model,init_model_version,init_project,init,Run,Model,ModelVersion,Project}", At: token},
		{Calls: "neptune_scale.{Run,api.run.Run}", At: token},
		{Calls: "neptune.management.{" + management + "}", At: token},
		{Calls: "neptune.new.management.{" + management + "}", At: token},
		{Calls: neptuneLogger, At: checks.At{Pos: 0, Name: "api_key"}},
		{Calls: neptuneLogger, At: token},
	},
}).Rule(infoPML4303)

// token is the argument that all of Neptune takes its token by.
var token = checks.At{Pos: -1, Name: "api_token"}

const neptuneLogger = "{lightning.pytorch.loggers,pytorch_lightning.loggers,lightning.pytorch.loggers.neptune,pytorch_lightning.loggers.neptune}.NeptuneLogger"

const management = "get_project_list,create_project,delete_project,get_project_member_list,add_project_member,remove_project_member,get_workspace_member_list," +
	"add_project_service_account,remove_project_service_account,get_project_service_account_list,get_workspace_service_account_list,invite_to_workspace," +
	"trash_objects,delete_objects_from_trash,clear_trash,get_workspace_status"
