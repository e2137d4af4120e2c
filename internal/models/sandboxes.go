package models

// FromSandbox is what reports call data that code in a sandbox or a container gave back.
const FromSandbox = "what code in a sandbox gave back"

// Sandboxes: what the code that ran there writes and returns is the code's own.
var sandboxes = Framework{Name: "sandboxes and containers", Version: "e2b-code-interpreter 2.2, docker 7.1, modal 1.2, daytona 0.115, jupyter_client 8.6", Models: []Model{
	{Name: "{e2b_code_interpreter.{CodeInterpreter,AsyncSandbox,AsyncCodeInterpreter},e2b_code_interpreter.code_interpreter_sync.Sandbox,e2b_code_interpreter.code_interpreter_async.AsyncSandbox}", SameAs: "e2b_code_interpreter.Sandbox"},
	{Name: "e2b.{Sandbox,AsyncSandbox}", SameAs: "e2b_code_interpreter.Sandbox"},
	{Name: "e2b_code_interpreter.Sandbox.create", Returns: "e2b_code_interpreter.Sandbox()", NoPass: true},
	{Name: "e2b_code_interpreter.Sandbox().{run_code,commands.run,files.read,notebook.exec_cell,process.start_and_wait}", Source: Tool, From: FromSandbox, NoPass: true},

	{Name: "docker.{DockerClient,DockerClient.from_env,client.DockerClient,client.from_env}", SameAs: "docker.from_env"},
	{Name: "docker.from_env().containers.{get,create}", Returns: "docker.models.containers.Container()", NoPass: true},
	{Name: "docker.from_env().containers.run()", SameAs: "docker.models.containers.Container()"},
	{Name: "docker.models.containers.Container().{exec_run,logs,get_archive,attach}", Source: Tool, From: FromSandbox, NoPass: true},

	{Name: "modal.Sandbox.create", Returns: "modal.Sandbox()", NoPass: true},
	{Name: "modal.Sandbox.create.aio", Returns: "modal.Sandbox()", NoPass: true},
	{Name: "modal.Sandbox().{exec,exec.aio}", Returns: "modal.container_process.ContainerProcess()", NoPass: true},
	{Name: "modal.Sandbox().{stdout,stderr}.read", Source: Tool, From: FromSandbox, NoPass: true},
	{Name: "modal.Sandbox().open", Source: Tool, From: FromSandbox, NoPass: true},
	{Name: "modal.container_process.ContainerProcess().{stdout,stderr}", Source: Tool, From: FromSandbox},

	{Name: "{daytona,daytona_sdk}.{Daytona,AsyncDaytona}().{create,get,find_one}", Returns: "daytona.Sandbox()", NoPass: true},
	{Name: "{daytona_sdk.Sandbox,daytona.AsyncSandbox,daytona_sdk.AsyncSandbox}", SameAs: "daytona.Sandbox"},
	{Name: "daytona.Sandbox().{process.exec,process.code_run,process.execute_session_command,fs.download_file,code_interpreter.run_code}", Source: Tool, From: FromSandbox, NoPass: true},

	{Name: "jupyter_client.KernelClient().{get_iopub_msg,get_shell_msg}", Source: Tool, From: FromSandbox, NoPass: true},
}}
