package models

// NoteMachine marks the command of a machine that is started, which its shell reads.
const NoteMachine = "run by the shell of the machine that is started"

const gradientClients = "gradient.{NotebooksClient,JobsClient,DeploymentsClient,ExperimentsClient,HyperparameterJobsClient,MachinesClient}()"

var gradient = Framework{Name: "gradient", Version: "2.0", Models: []Model{
	{Name: "{gradient.api_sdk.clients,gradient.api_sdk,gradient.sdk}", SameAs: "gradient"},
	{Name: gradientClients + ".{create,create_single_node,create_multi_node,create_mpi_multi_node,run,run_single_node,run_multi_node}", Sinks: noted(Shell, NoteMachine,
		"command", "worker_command", "parameter_server_command", "master_command", "script"), NoPass: true},
}}
