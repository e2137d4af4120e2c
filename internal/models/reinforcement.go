package models

import "slices"

// This file holds libraries of reinforcement learning: environments, policies, and what is learned from.

const (
	// NotePolicy marks a file that is unpickled as a trained policy, NoteCheckpoint a folder that is, and NoteReplay a file
	// that is unpickled as what an agent has seen.
	NotePolicy     = "unpickled as a trained policy"
	NoteCheckpoint = "unpickled as a checkpoint"
	NoteReplay     = "unpickled as a replay buffer"
	// NoteEnvironment marks text that names an environment, and the module that registers it.
	NoteEnvironment = "names an environment, or a module that is imported"
	// NoteEnvironmentOptions marks what is handed to the constructor of an environment, NoteEnvironmentFile a file that such
	// an option names, and NoteEntryPoint what is imported as an environment.
	NoteEnvironmentOptions = "handed to the environment's constructor"
	NoteEnvironmentFile    = "opened by the environment"
	NoteEntryPoint         = "imported as an environment"
	// NoteBuild marks a program that is started as an environment, NoteBuildList what says where such programs are fetched.
	NoteBuild     = "started as an environment"
	NoteBuildList = "says which programs are fetched as environments"
)

const (
	sb3Algorithms = "{stable_baselines3,sb3_contrib,stable_baselines3.*,sb3_contrib.*,stable_baselines3.*.*,sb3_contrib.*.*}.{PPO,A2C,DQN,DDPG,SAC,TD3,TRPO,RecurrentPPO,MaskablePPO,QRDQN,TQC,ARS,CrossQ}"
	sb3Algorithm  = "stable_baselines3.common.base_class.BaseAlgorithm"
	sb3Normalize  = "stable_baselines3.common.vec_env.VecNormalize"
	rllib         = "ray.rllib.algorithms.{*,*.*,*.*.*}"
)

var baselines = Framework{Name: "stable_baselines3, sb3_contrib and d3rlpy", Version: "stable_baselines3 2.7, sb3_contrib 2.7, d3rlpy 2.8", Models: []Model{
	{Name: sb3Algorithms, Sinks: noted(Exec, NoteEnvironment, "1:env"), Extends: []string{sb3Algorithm}, NoPass: true},
	{Name: sb3Algorithms + ".load", Sinks: slices.Concat(noted(Deserialize, NotePolicy, "0:path"), at(ModelSource, "0:path"), noted(Exec, NoteEnvironment, "1:env")), Returns: sb3Algorithm + "()", NoPass: true},
	{Name: "{" + sb3Algorithm + "(),?}.load_replay_buffer", Sinks: noted(Deserialize, NoteReplay, "0:path"), NoPass: true},
	{Name: sb3Algorithm + "().set_parameters", Sinks: noted(Deserialize, NotePolicy, "0:load_path_or_dict"), NoPass: true},
	{Name: sb3Algorithm + "().{learn,predict,save,save_replay_buffer,get_env,set_env}", NoPass: true},
	{Name: "stable_baselines3.common.save_util.load_from_pkl", Sinks: noted(Deserialize, NoteReplay, "0:path"), NoPass: true},
	{Name: "stable_baselines3.common.save_util.load_from_zip_file", Sinks: noted(Deserialize, NotePolicy, "0:load_path"), NoPass: true},
	{Name: "stable_baselines3.common.vec_env.vec_normalize.VecNormalize", SameAs: sb3Normalize},
	{Name: sb3Normalize + ".load", Sinks: noted(Deserialize, NotePolicy, "0:load_path"), Returns: sb3Normalize + "()", NoPass: true},
	{Name: "stable_baselines3.common.env_util.{make_vec_env,make_atari_env}", Sinks: append(noted(Exec, NoteEnvironment, "0:env_id"), noted(Lookup, NoteEnvironmentOptions, "env_kwargs", "vec_env_kwargs")...), NoPass: true},
	{Name: "d3rlpy.{load_learnable,base.load_learnable}", Sinks: noted(Deserialize, NotePolicy, "0:fname"), NoPass: true},
}}

var rayRL = Framework{Name: "ray.rllib", Version: "2.51", Models: []Model{
	{Name: "ray.rllib.**.from_checkpoint", Sinks: append(noted(Deserialize, NoteCheckpoint, "0:path", "0:checkpoint"), at(ModelSource, "0:path")...), Returns: "ray.rllib.algorithms.algorithm.Algorithm()", NoPass: true},
	{Name: rllib, Extends: []string{"ray.rllib.algorithms.algorithm.Algorithm"}},
	{Name: "ray.rllib.algorithms.algorithm.Algorithm().{restore,restore_from_path,load_checkpoint}", Sinks: noted(Deserialize, NoteCheckpoint, "0:checkpoint_path", "0:path"), NoPass: true},
	{Name: rllib + "().environment", Sinks: noted(Exec, NoteEnvironment, "0:env"), Returns: "self", NoPass: true},
	{Name: rllib + "().{env_runners,rollouts,training,framework,resources,learners,evaluation,multi_agent,offline_data,debugging,rl_module,callbacks,reporting,experimental,checkpointing,fault_tolerance,api_stack,python_environment,exploration}", Returns: "self", NoPass: true},
	{Name: rllib + "().{build,build_algo}", Returns: "ray.rllib.algorithms.algorithm.Algorithm()", NoPass: true},
	{Name: "ray.rllib.env.PolicyServerInput", SameAs: "ray.rllib.env.policy_server_input.PolicyServerInput"},
}}

var gym = Framework{Name: "gymnasium and gym", Version: "gymnasium 1.2, gym 0.26", Models: []Model{
	{Name: "{gymnasium,gym}.{make,make_vec,spec,vector.make,envs.make,envs.spec,envs.registration.make,envs.registration.make_vec,envs.registration.spec}",
		Sinks: slices.Concat(noted(Exec, NoteEnvironment, "0:id", "0:env_id"), noted(Lookup, NoteEnvironmentOptions, "**"), noted(Path, NoteEnvironmentFile, "xml_file", "model_path", "rom_file", "asset_path")), NoPass: true},
	{Name: "{gymnasium,gym}.{register,envs.register,envs.registration.register}", Sinks: append(noted(Exec, NoteEntryPoint, "1:entry_point", "vector_entry_point", "additional_wrappers"), noted(Lookup, NoteEnvironmentOptions, "kwargs")...), NoPass: true},
	{Name: "{gymnasium,gym}.{envs.registration.EnvSpec,spec.EnvSpec}", Sinks: append(noted(Exec, NoteEntryPoint, "1:entry_point", "vector_entry_point", "additional_wrappers"), noted(Lookup, NoteEnvironmentOptions, "kwargs")...), NoPass: true},
}}

var builds = Framework{Name: "mlagents_envs and godot_rl", Version: "mlagents_envs 1.1, godot_rl 0.8", Models: []Model{
	{Name: "mlagents_envs.environment.UnityEnvironment", Sinks: noted(Exec, NoteBuild, "0:file_name"), NoPass: true},
	{Name: "mlagents_envs.registry.{remote_registry_entry.RemoteRegistryEntry,RemoteRegistryEntry}", Sinks: noted(Exec, NoteBuild, "linux_url", "darwin_url", "win_url", "base_url", "filename"), NoPass: true},
	{Name: "mlagents_envs.registry.{UnityEnvRegistry(),unity_env_registry.UnityEnvRegistry(),default_registry}.register_from_yaml", Sinks: noted(Exec, NoteBuildList, "0:path_to_yaml"), NoPass: true},
	{Name: "godot_rl.{core.godot_env.GodotEnv,wrappers.stable_baselines_wrapper.StableBaselinesGodotEnv,wrappers.clean_rl_wrapper.CleanRLGodotEnv}", Sinks: noted(Exec, NoteBuild, "0:env_path"), NoPass: true},
}}

// NoteExample marks text that Vowpal Wabbit reads as a labelled example.
const NoteExample = "read as an example to learn from"

var vowpal = Framework{Name: "vowpalwabbit", Version: "9.10", Models: []Model{
	{Name: "{vowpalwabbit.pyvw.Workspace,vowpalwabbit.pyvw.vw,vowpalwabbit.workspace.Workspace,pyvw.vw}", SameAs: "vowpalwabbit.Workspace"},
	{Name: "vowpalwabbit.Workspace().{learn,parse,example}", Sinks: noted(Lookup, NoteExample, "0:ec", "0:str_ex", "0:stringOrDict", "0:inputs"), NoPass: true},
}}
