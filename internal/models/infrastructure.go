package models

// This file holds what trains models on many machines and on accelerators.

// NoteGPUSource marks the source of a program that is compiled for an accelerator, or into the process itself.
const NoteGPUSource = "compiled and run on the accelerator"

var accelerators = Framework{Name: "cupy, pycuda, pyopencl and cuda.core", Version: "cupy 13.6, pycuda 2025.1, pyopencl 2025.2, cuda.core 0.3, torch 2.9", Models: []Model{
	{Name: "cupy.{RawKernel,RawModule,cuda.compile_with_cache}", Sinks: noted(Exec, NoteGPUSource, "0:code"), NoPass: true},
	{Name: "cupy.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "2:operation", "preamble"), NoPass: true},
	{Name: "cupy.ReductionKernel", Sinks: noted(Exec, NoteGPUSource, "2:map_expr", "3:reduce_expr", "4:post_map_expr", "preamble"), NoPass: true},
	{Name: "pycuda.compiler.{SourceModule,DynamicSourceModule,compile}", Sinks: noted(Exec, NoteGPUSource, "0:source"), NoPass: true},
	{Name: "pycuda.elementwise.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "1:operation", "preamble"), NoPass: true},
	{Name: "pycuda.reduction.ReductionKernel", Sinks: noted(Exec, NoteGPUSource, "2:reduce_expr", "3:map_expr", "preamble"), NoPass: true},
	{Name: "pyopencl.Program", Sinks: noted(Exec, NoteGPUSource, "1:src"), NoPass: true},
	{Name: "pyopencl.elementwise.ElementwiseKernel", Sinks: noted(Exec, NoteGPUSource, "2:operation", "preamble"), NoPass: true},
	{Name: "cuda.core.{Program,experimental.Program}", Sinks: noted(Exec, NoteGPUSource, "0:code"), NoPass: true},
	{Name: "torch.cuda._compile_kernel", Sinks: noted(Exec, NoteGPUSource, "0:kernel_source"), NoPass: true},
	{Name: "torch.utils.cpp_extension.load_inline", Sinks: noted(Exec, NoteGPUSource, "1:cpp_sources", "2:cuda_sources", "extra_cflags", "extra_cuda_cflags"), NoPass: true},
}}

// NoteProject marks what says which MLflow project is fetched and run, and how.
const NoteProject = "fetched and run as a project"

// FromTracker is what a run of an experiment tracker has written down: whoever may log chooses it.
const FromTracker = "what a run has logged"

// NoteRunQuery marks a query that selects runs.
const NoteRunQuery = "a query that selects runs"

// logged describes what is read of a run. It matters where it is run.
func logged(names string) Model {
	return Model{Name: names, Source: Document, From: FromTracker, SourceFor: []SinkKind{Exec, Deserialize}, NoPass: true}
}

// NoteTracked marks what an experiment tracker keeps and shows.
const NoteTracked = "kept by the experiment tracker"

// NoteModelProps marks what a model carries along for everybody who has its file.
const NoteModelProps = "written into the metadata of the model"

// The names of runs and experiments that a program has begun.
const (
	wandbRuns   = "{wandb.init(),wandb.run,wandb.Run(),wandb.sdk.wandb_run.Run()}"
	cometRuns   = "{comet_ml.Experiment(),comet_ml.OfflineExperiment(),comet_ml.ExistingExperiment(),comet_ml.start(),comet_ml.get_global_experiment(),comet_ml.get_running_experiment()}"
	neptuneRuns = "{neptune.init_run(),neptune.init(),neptune.Run()}"
	clearmlTask = "clearml.{Task.init(),Task.current_task(),Task.create(),Task()}"
	aimRuns     = "aim.{Run(),sdk.run.Run()}"
)

// TrackedItems are the assignments by which a program hands something to an experiment tracker.
const TrackedItems = "{" + neptuneRuns + "," + aimRuns + "}[]"

var tracked = Framework{Name: "what experiment trackers keep", Version: "mlflow 3.6, wandb 0.23, comet_ml 3.54, neptune 1.14, aim 3.29, clearml 2.0", Models: []Model{
	{Name: "mlflow.{log_params,log_dict}", Sinks: noted(Log, NoteTracked, "0:params", "0:dictionary"), NoPass: true},
	{Name: "mlflow.log_param", Sinks: noted(Log, NoteTracked, "1:value"), NoPass: true},
	{Name: "wandb.config.update", Sinks: noted(Log, NoteTracked, "0:d"), NoPass: true},
	{Name: wandbRuns + ".config.update", Sinks: noted(Log, NoteTracked, "0:d"), NoPass: true},
	{Name: "wandb.log", Sinks: noted(Log, NoteTracked, "0:data"), NoPass: true},
	{Name: wandbRuns + ".log", Sinks: noted(Log, NoteTracked, "0:data"), NoPass: true},
	{Name: cometRuns + ".{log_parameters,log_others}", Sinks: noted(Log, NoteTracked, "0:parameters", "0:dictionary"), NoPass: true},
	{Name: cometRuns + ".{log_parameter,log_other}", Sinks: noted(Log, NoteTracked, "1:value"), NoPass: true},
	{Name: neptuneRuns + "[].{assign,log,append}", Sinks: noted(Log, NoteTracked, "0:value"), NoPass: true},
	{Name: clearmlTask + ".{connect,connect_configuration}", Sinks: noted(Log, NoteTracked, "0:mutable", "0:configuration"), NoPass: true},
	{Name: neptuneRuns + "[]", Sinks: noted(Log, NoteTracked, "=")},
	{Name: aimRuns + "[]", Sinks: noted(Log, NoteTracked, "=")},
	{Name: "{torch.utils.tensorboard,tensorboardX,torch.utils.tensorboard.writer}.SummaryWriter().add_hparams", Sinks: noted(Log, NoteTracked, "0:hparam_dict"), NoPass: true},
}}

var trackers = Framework{Name: "experiment trackers", Version: "mlflow 3.6, wandb 0.23, comet_ml 3.54, neptune 1.14, aim 3.29, clearml 2.0", Models: []Model{
	{Name: "mlflow.{run,projects.run}", Sinks: noted(Exec, NoteProject, "0:uri", "1:entry_point", "2:version", "4:docker_args", "8:backend_config", "9:storage_dir"), NoPass: true},
	{Name: "mlflow.{get_run,get_parent_run,last_active_run}", Returns: "mlflow.entities.Run()", NoPass: true},
	{Name: mlflowClient + ".{get_run,get_parent_run}", Returns: "mlflow.entities.Run()", NoPass: true},
	{Name: mlflowClient + ".search_runs()[]", SameAs: "mlflow.entities.Run()"},
	{Name: "mlflow.entities.run.Run", SameAs: "mlflow.entities.Run"},
	logged("mlflow.entities.Run().data"),
	{Name: "mlflow.search_runs", Sinks: noted(SQL, NoteRunQuery, "1:filter_string", "4:order_by"), Source: Document, From: FromTracker, SourceFor: []SinkKind{Exec, Deserialize}, NoPass: true},
	{Name: mlflowClient + ".search_runs", Sinks: noted(SQL, NoteRunQuery, "1:filter_string", "4:order_by"), NoPass: true},
	{Name: mlflowClient + ".{search_registered_models,search_model_versions}", Sinks: noted(SQL, NoteRunQuery, "0:filter_string", "2:order_by"), NoPass: true},
	{Name: "mlflow.{search_registered_models,search_model_versions}", Sinks: noted(SQL, NoteRunQuery, "1:filter_string", "2:order_by"), NoPass: true},
	{Name: "{mlflow," + mlflowClient + "}.search_experiments", Sinks: noted(SQL, NoteRunQuery, "2:filter_string", "3:order_by"), NoPass: true},
	{Name: "{mlflow," + mlflowClient + "}.search_logged_models", Sinks: noted(SQL, NoteRunQuery, "1:filter_string", "4:order_by"), NoPass: true},

	{Name: "wandb.apis.public.Api", SameAs: "wandb.Api"},
	{Name: "wandb.Api().run", Sinks: at(Record, "0:path"), Returns: "wandb.apis.public.Run()", NoPass: true},
	{Name: "wandb.Api().runs", Sinks: noted(SQL, NoteRunFilters, "1:filters"), NoPass: true},
	{Name: "{wandb.Api().runs()[],wandb.Api().sweep().runs[],wandb.Api().sweep().best_run()}", SameAs: "wandb.apis.public.Run()"},
	logged("wandb.apis.public.Run().{config,summary,summary_metrics,rawconfig,notes,tags}"),

	{Name: "comet_ml.{APIExperiment,api.APIExperiment,experiment.APIExperiment}", NoPass: true},
	{Name: "{comet_ml.API().get_experiment_by_key(),comet_ml.API().get_experiment_by_id(),comet_ml.API().get_experiment(),comet_ml.API().get_experiments()[],comet_ml.API().get()[],comet_ml.api.APIExperiment()}", SameAs: "comet_ml.APIExperiment()"},
	logged("comet_ml.APIExperiment().{get_parameters_summary,get_others_summary,get_tags,get_metrics_summary,get_hyperparameter,get_metadata}"),

	logged("{neptune.init_run,neptune.init}()[].{fetch,fetch_last,fetch_values}"),
	logged("{neptune.init_run,neptune.init}().fetch"),
	{Name: "{neptune.init_run,neptune.init}().get_structure", NoPass: true},

	{Name: "{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().{query_runs,query_metrics,query_images,query_texts,query_audios,query_figure_objects,query_figures,query_distributions}", Sinks: noted(SQL, NoteRunQuery, "0:query"), NoPass: true},
	logged("{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().get_run()[]"), logged("{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().get_run().get"),
	logged("{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().iter_runs()[][]"), logged("{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().iter_runs()[].get"),
	logged("{aim.Repo,aim.Repo.from_path,aim.sdk.repo.Repo}().query_runs().iter_runs()[].run[]"),

	logged("clearml.{Task.get_task(),Task.get_tasks()[]}.{get_parameters,get_parameters_as_dict,get_parameter,get_configuration_object,get_configuration_object_as_dict,get_user_properties,get_tags}"),
}}

// NoteRunFilters marks a query of MongoDB that selects runs.
const NoteRunFilters = "a query of MongoDB that selects runs"

// NoteShards marks the folder of a checkpoint in pieces, some of which are unpickled.
const NoteShards = "a checkpoint of which parts are unpickled"

// FromBucket is what reports call an object that was read from a bucket.
const FromBucket = storedObject

var shards = Framework{Name: "sharded checkpoints", Version: "torch 2.9, accelerate 1.12, deepspeed 0.18, lightning 2.6", Models: []Model{
	{Name: "torch.distributed.checkpoint.{load,state_dict_loader.load}", Sinks: append(noted(Deserialize, NoteShards, "checkpoint_id", "storage_reader"), at(ModelSource, "checkpoint_id")...), NoPass: true},
	{Name: "torch.distributed.checkpoint.load_state_dict", Sinks: noted(Deserialize, NoteShards, "1:storage_reader"), NoPass: true},
	{Name: "torch.distributed.checkpoint.{HuggingFaceStorageReader,hf_storage.HuggingFaceStorageReader,_HuggingFaceStorageReader}", NoPass: true},
	{Name: "torch.distributed.checkpoint.format_utils.dcp_to_torch_save", Sinks: noted(Deserialize, NoteShards, "0:dcp_checkpoint_dir"), NoPass: true},
	{Name: "accelerate.utils.{merge_fsdp_weights,fsdp_utils.merge_fsdp_weights}", Sinks: noted(Deserialize, NoteShards, "0:checkpoint_dir"), NoPass: true},

	{Name: "deepspeed.initialize", NoPass: true},
	{Name: "{deepspeed.initialize()[],deepspeed.DeepSpeedEngine(),deepspeed.runtime.engine.DeepSpeedEngine(),deepspeed.PipelineEngine()}.load_checkpoint", Sinks: noted(Deserialize, NoteShards, "0:load_dir"), NoPass: true},
	{Name: "{deepspeed.utils.zero_to_fp32,lightning.pytorch.utilities.deepspeed,pytorch_lightning.utilities.deepspeed}.{get_fp32_state_dict_from_zero_checkpoint,convert_zero_checkpoint_to_fp32_state_dict}",
		Sinks: noted(Deserialize, NoteShards, "0:checkpoint_dir"), NoPass: true},
	{Name: "deepspeed.utils.zero_to_fp32.load_state_dict_from_zero_checkpoint", Sinks: noted(Deserialize, NoteShards, "1:checkpoint_dir"), NoPass: true},
	{Name: "deepspeed.checkpoint.{DeepSpeedCheckpoint,deepspeed_checkpoint.DeepSpeedCheckpoint}", Sinks: noted(Deserialize, NoteShards, "0:dir"), NoPass: true},
}}

// NoteRemoteFunction marks what names the function that remote workers run.
const NoteRemoteFunction = "run by the workers"

var remoteCalls = Framework{Name: "remote calls", Version: "vllm 0.12, dask 2025.11, ray 2.52", Models: []Model{
	{Name: "vllm.{LLM,entrypoints.llm.LLM,AsyncLLMEngine,engine.async_llm_engine.AsyncLLMEngine,v1.engine.async_llm.AsyncLLM}().collective_rpc", Sinks: noted(Exec, NoteRemoteFunction, "0:method"), NoPass: true},
}}
